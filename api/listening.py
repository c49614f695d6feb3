"""Tell what happens to whoever listens, as server-sent events (the HTML standard, 9.2), from any process.

The table of events is read every half second while somebody listens, once for all who listen at this process. Who
comes back with the id of the last event that they had is told everything since: from the table first, then what is new.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from api.listeners import Listener, document, written
from engine.errors import ChappeError, RateLimitedError
from engine.store import events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.face import Caller, Face
    from api.listeners import Listeners, Wanted

log = structlog.get_logger()

POLL_S: Final = 0.5
PAGE: Final = 200
HEARTBEAT_S: Final = 15.0
"""After how long a silent stream says that it lives; it also says how far it is."""

EACH: Final = 10
ALL: Final = 200
"""How many streams one caller, and all callers, may have open at a process."""

LONGEST: Final = timedelta(minutes=30)
"""How long a stream goes on until it must be opened again: by then somebody may be a member no more."""

RETRY_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Listening:
    """An open stream; whoever has it must leave it."""

    face: Face
    listener: Listener
    begin: str
    since: str

    def leave(self) -> None:
        """End the stream; when nobody listens any more, the table is read no more."""
        listeners = self.face.listeners
        listeners.all.discard(self.listener)
        if not listeners.all and listeners.reading is not None:
            listeners.reading.cancel()
            listeners.reading = None

    async def stream(self) -> AsyncIterator[str]:
        """Give what was missed, then what is new, until the stream ends with the event `end`."""
        place, clock = self.begin, self.face.clock
        until = clock.monotonic() + LONGEST.total_seconds()
        yield f"retry: {RETRY_MS}\nid: {place}\n\n"
        while place < self.since and not self.face.listeners.closed:
            page = await self.face.store.read(events.after, place, PAGE)
            for event in page:
                if event.id <= self.since and self.listener.wanted.takes(event):
                    yield written(event.kind, document(event), event.id)
            place = min(page[-1].id, self.since) if len(page) == PAGE else self.since
        while clock.monotonic() < until:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    told = await self.listener.queue.get()
            except TimeoutError:
                if self.listener.queue.empty():  # then all up to there was told
                    place = max(place, self.face.listeners.head)
                yield f": still here\nid: {place}\n\n"
                continue
            if told is None:
                break
            if told[0] > place:
                place, text = told
                yield text
        yield written("end", {"reason": self.listener.over or "renew"})


async def listen(face: Face, caller: Caller, wanted: Wanted, last: str | None) -> Listening:
    """Begin to listen to what is wanted: after the event `last`, or from now on.

    Raises RateLimitedError where too many streams are open.
    """
    listeners = face.listeners
    _make_room(listeners, caller.user_id)
    opened = Listening(face, Listener(caller.user_id, wanted), "", "")
    listeners.all.add(opened.listener)  # before anything is waited for: two who come at once are both counted
    try:
        head = await face.store.read(events.head)
        begin = head if last is None else await face.store.read(events.known, last)
    except BaseException:
        opened.leave()
        raise
    if listeners.reading is None:
        listeners.head = head
        listeners.reading = asyncio.create_task(_read(face))
        listeners.reading.add_done_callback(listeners.failed)
    return replace(opened, begin=begin, since=listeners.head)


async def _read(face: Face) -> None:
    """Read the table for all who listen at this process."""
    listeners = face.listeners
    while True:
        try:
            page = await face.store.read(events.after, listeners.head, PAGE)
        except ChappeError as error:
            log.warning("Events cannot be read, which is tried again.", error=str(error))
            page = []
        for event in page:
            wanting = [each for each in listeners.all if each.wanted.takes(event)]
            if wanting:
                text = written(event.kind, document(event), event.id)
                for listener in wanting:
                    listener.tell(event.id, text)
            listeners.head = event.id
        if len(page) < PAGE:
            await face.clock.sleep(POLL_S)


def close(face: Face) -> None:
    """End every stream, for the end of the process."""
    face.listeners.closed = True
    for listener in face.listeners.all:
        listener.end("restarting")


def _make_room(listeners: Listeners, user_id: str) -> None:
    mine = sum(listener.user_id == user_id for listener in listeners.all)
    if mine >= EACH or len(listeners.all) >= ALL or listeners.closed:
        whose = f"You have {mine} streams" if mine >= EACH else "As many streams as Chappe serves at once are"
        raise RateLimitedError(f"{whose} open: close one, or try again soon.", wait=timedelta(seconds=10))
