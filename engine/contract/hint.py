"""A platform that calls us when something happened: a hint to look, never the news itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class HintingKind(ABC):
    """Beside `AccountKind`: a kind whose platform calls `/hooks/WORKSPACE/KIND` and signs what it says.

    `secrets` are those of the app. A call only wakes a poll: whoever could forge one would learn and change nothing.
    """

    @abstractmethod
    def challenge(self, query: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
        """Return what proves to the platform that the address is ours; None where the question is not for us. Pure."""

    @abstractmethod
    def hinted(self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> Sequence[str] | None:
        """Return the `remote_id` of each account where something happened; None without a valid signature. Pure."""
