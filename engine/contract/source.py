"""Where posts come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from engine.contract.node import C, Node

if TYPE_CHECKING:
    from engine.contract.context import SourceContext
    from engine.model.post import Post


class Hub(NamedTuple):
    """Who tells when a source has news (WebSub): the hub's address, and what it calls the source; empty for nobody."""

    url: str = ""
    topic: str = ""


NOBODY: Final = Hub()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll brought: posts oldest first, and how far the source has read.

    The cursor is opaque to the engine. `unchanged` says that nothing was read anew (304, or the same bytes), `window`
    how many posts the source looked at, and `overlap` whether any of them could have been seen before: a full window
    without overlap may hide posts that left it. `hub` is who tells of news; None where that was not looked at.
    """

    posts: tuple[Post, ...] = ()
    cursor: str | None = None
    unchanged: bool = False
    window: int = 0
    note: str = ""
    hub: Hub | None = None


class Source(Node[C], ABC):
    """A place that is polled. The same cursor gives the same keys; posts come oldest first."""

    default_every: ClassVar[timedelta] = timedelta(minutes=15)
    fastest_every: ClassVar[timedelta] = timedelta(minutes=1)
    text_alone: ClassVar[bool] = False
    """Whether its posts never have a picture, a film or a file."""

    @abstractmethod
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        """Ask what is new since `cursor` (None at the first time).

        The engine has the network, the caps, the error translation and the waiting; an author only asks and converts.
        """

    def identity(self) -> str:
        """Return what two mappings share when they read the same place; the engine adds the account."""
        return f"{self.kind}:{self.config.model_dump_json()}"
