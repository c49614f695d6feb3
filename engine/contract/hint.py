"""A platform that calls us when something happened: a hint to look, never the news itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.contract.oauth import OAuthContext, Tokens


class HintingKind(ABC):
    """Beside `AccountKind`: a kind whose platform calls `/hooks/WORKSPACE/KIND` and signs what it says.

    `secrets` are those of the app. A call only wakes a poll: whoever could forge one would learn and change nothing.
    `call_word` names the one by which the platform knows that the address is ours: without it nobody expects calls.
    """

    call_word: ClassVar[str] = ""

    @abstractmethod
    def challenge(self, query: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
        """Return what proves to the platform that the address is ours; None where the question is not for us. Pure."""

    @abstractmethod
    def hinted(self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> Sequence[str] | None:
        """Return the `remote_id` of each account where something happened; None without a valid signature. Pure."""

    async def ask_calls(self, remote_id: str, tokens: Tokens, ctx: OAuthContext) -> None:
        """Ask the platform to call us when this account has news: where it needs that for each. May be repeated."""
        del remote_id, tokens, ctx
