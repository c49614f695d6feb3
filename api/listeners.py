"""Those who listen at this process: what each wants, and what waits for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from engine.store import events

if TYPE_CHECKING:
    from engine.store.events import Event

log = structlog.get_logger()

QUEUED: Final = 500
"""Events that wait for a reader who is slow; then the stream ends, and goes on when it is opened again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a listener wants to hear; None is everything. Ids of a mapping and an account, a node's name, kinds."""

    workspace_id: str
    mapping_id: str | None = None
    node: str | None = None
    account_id: str | None = None
    kinds: frozenset[str] = frozenset()

    def takes(self, event: Event) -> bool:
        """Tell whether an event is wanted; what concerns the whole instance is everybody's."""
        return (
            event.workspace_id in {self.workspace_id, ""}
            and self.mapping_id in {None, event.mapping_id}
            and self.node in {None, event.node}
            and self.account_id in {None, event.account_id}
            and (not self.kinds or event.kind in self.kinds)
        )


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


@dataclass(slots=True)
class Listeners:
    """Those who listen at this process; `head` is how far the table was read for them."""

    all: set[Listener] = field(default_factory=set)
    head: str = events.START
    reading: asyncio.Task[None] | None = None
    closed: bool = False

    def failed(self, reading: asyncio.Task[None]) -> None:
        """Send everybody away when reading has ended by itself: they come back, and it begins anew."""
        if not reading.cancelled() and self.reading is reading:
            log.error("Reading the events has failed.", exc_info=reading.exception())
            self.reading = None
            for listener in self.all:
                listener.end("failed")


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
