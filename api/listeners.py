"""Those who listen at this process: what each wants, and what waits for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from engine.errors import RateLimitedError
from engine.store import events

if TYPE_CHECKING:
    from engine.store.events import Event, Wanted
    from engine.store.operations import OperationRow

log = structlog.get_logger()

QUEUED: Final = 500
"""Events that wait for a reader who is slow; then the stream ends, and goes on when it is opened again."""


EACH: Final = 10
ALL: Final = 200
"""How many streams one caller, and all callers, may have open at a process."""


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who listens; `over` says why the stream ends, once it does."""

    user_id: str
    wanted: Wanted
    queue: asyncio.Queue[tuple[str, str] | None] = field(default_factory=lambda: asyncio.Queue(QUEUED + 1))
    over: str = ""

    def tell(self, place: str, text: str) -> None:
        """Hand on an event, unless the stream is ending; whoever is too slow is sent away."""
        if self.over:
            return
        if self.queue.qsize() >= QUEUED:
            self.end("slow")
        else:
            self.queue.put_nowait((place, text))

    def end(self, why: str) -> None:
        """End the stream once what waits is told."""
        if not self.over:
            self.over = why
            self.queue.put_nowait(None)


@dataclass(slots=True, eq=False)
class Follower:
    """Somebody who follows long work: `row` is how it stands, and whoever reads slowly skips what came between."""

    user_id: str
    row: OperationRow
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def tell(self, row: OperationRow) -> None:
        """Say how it stands now."""
        self.row = row
        self.news.set()

    def end(self, why: str) -> None:
        """End the stream."""
        del why
        self.over = True
        self.news.set()


@dataclass(slots=True)
class Listeners:
    """Those who listen at this process; `head` is how far the table was read for them."""

    all: set[Listener] = field(default_factory=set)
    followers: set[Follower] = field(default_factory=set)
    head: str = events.START
    reading: asyncio.Task[None] | None = None
    closed: bool = False

    def failed(self, reading: asyncio.Task[None]) -> None:
        """Send everybody away when reading has ended by itself: they come back, and it begins anew."""
        if not reading.cancelled() and self.reading is reading:
            log.error("Reading the events has failed.", exc_info=reading.exception())
            self.reading = None
            self.end("failed")

    def end(self, why: str) -> None:
        """End every stream."""
        for each in self._open():
            each.end(why)

    def leave(self, who: Listener | Follower) -> None:
        """Forget somebody; when nobody listens any more, the tables are read no more."""
        self.all -= {who}
        self.followers -= {who}
        if not self.all and not self.followers and self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def make_room(self, user_id: str) -> None:
        """Raise RateLimitedError where one more stream of a caller would be too many, or the process is ending."""
        open_ = self._open()
        mine = sum(each.user_id == user_id for each in open_)
        if mine >= EACH or len(open_) >= ALL or self.closed:
            whose = f"You have {mine} streams" if mine >= EACH else "As many streams as Chappe serves at once are"
            raise RateLimitedError(f"{whose} open: close one, or try again soon.", wait=timedelta(seconds=10))

    def _open(self) -> list[Listener | Follower]:
        return [*self.all, *self.followers]


def document(event: Event) -> dict[str, Any]:
    """Return an event as the API tells it."""
    names = ("mapping_id", "mapping", "node", "account_id", "account", "post_id", "delivery_id")
    about = {name: getattr(event, name) for name in names if getattr(event, name)}
    return (
        {"id": event.id, "kind": event.kind, "at": event.at.isoformat().replace("+00:00", "Z")}
        | about
        | {"data": json.loads(event.document)}
    )


def written(kind: str, said: dict[str, Any], place: str = "") -> str:
    """Write one server-sent event."""
    head = f"id: {place}\n" if place else ""
    return f"{head}event: {kind}\ndata: {json.dumps(said, ensure_ascii=False, separators=(',', ':'))}\n\n"
