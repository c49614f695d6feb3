"""The port through which anything asks for work to be done. Rows commit first, the wake follows.

A wake carries a kind and a key, never a payload: the tables are the truth, so a lost or repeated wake loses and doubles
nothing; the due tick finds what a lost one should have started.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence


class Kind(StrEnum):
    """What there is to do: the key of each is the id of a row."""

    POLL = "poll"
    ROUTE = "route"
    DRAIN = "drain"
    RELEASE = "release"
    RENEW = "renew"
    SYNC = "sync"
    CALL = "call"
    MAIL = "mail"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Again:
    """A handler's answer: there is more to do under this key; come back at once."""


class WakeQueue(Protocol):
    """The whole port; the embedded and the distributed form pass one conformance suite."""

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Ask for work, after the commit of what it needs; the same kind and key waits at most once."""

    def on(self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], concurrency: int) -> None:
        """Name the handler of a kind, before `run`; at most `concurrency` of it at once in this process."""

    async def run(self) -> None:
        """Take work until `stop`; returns when drained."""

    def cancel(self, kinds: Collection[Kind]) -> None:
        """Cancel what runs of these kinds, and begin nothing more of them: for the end of a process."""

    async def stop(self) -> None:
        """Take no more work and wait for what runs."""
