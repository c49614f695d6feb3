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

from api.listeners import Follower, Listener, document, written
from engine.errors import ChappeError
from engine.store import events, operations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from api.face import Caller, Face
    from engine.store.events import Wanted
    from engine.store.operations import OperationRow

log = structlog.get_logger()

POLL_S: Final = 0.5
PAGE: Final = 200
LOOKED_AT: Final = 1_000
"""Of how many events at once it is asked which of them somebody wants who comes back."""

HEARTBEAT_S: Final = 15.0
"""After how long a silent stream says that it lives; it also says how far it is."""

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
        """End the stream."""
        self.face.listeners.leave(self.listener)

    async def stream(self) -> AsyncIterator[str]:
        """Give what was missed, then what is new, until the stream ends with the event `end`."""
        place, clock = self.begin, self.face.clock
        until = clock.monotonic() + LONGEST.total_seconds()
        yield f"retry: {RETRY_MS}\nid: {place}\n\n"
        while place < self.since and not self.face.listeners.closed:
            want = self.listener.wanted
            found, place = await self.face.store.read(events.wanted, place, self.since, want, LOOKED_AT)
            for event in found:
                yield written(event.kind, document(event), event.id)
            if not found and place < self.since:
                yield f": still here\nid: {place}\n\n"
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
    listeners.make_room(caller.user_id)
    opened = Listening(face, Listener(caller.user_id, wanted), "", "")
    listeners.all.add(opened.listener)  # before anything is waited for: two who come at once are both counted
    try:
        head = await face.store.read(events.head)
        begin = head if last is None else await face.store.read(events.known, last)
    except BaseException:
        opened.leave()
        raise
    _begin(face, head)
    return replace(opened, begin=begin, since=listeners.head)


@dataclass(frozen=True, slots=True)
class Following:
    """An open stream of long work; whoever has it must leave it. `told` writes how it stands, and whether it ended."""

    face: Face
    follower: Follower
    told: Callable[[OperationRow], tuple[str, bool]]

    def leave(self) -> None:
        """End the stream."""
        self.face.listeners.leave(self.follower)

    async def stream(self) -> AsyncIterator[str]:
        """Give how the work stands, whenever that changes, until it has ended."""
        follower, before = self.follower, ""
        while True:
            follower.news.clear()
            text, ended = self.told(follower.row)
            if text != before:
                before = text
                yield text
            if ended or follower.over:
                return
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await follower.news.wait()
            except TimeoutError:
                yield ": still here\n\n"


async def follow(
    face: Face, caller: Caller, operation_id: str, told: Callable[[OperationRow], tuple[str, bool]]
) -> Following:
    """Begin to follow long work. Raises NotFoundError, and RateLimitedError where too many streams are open."""
    face.listeners.make_room(caller.user_id)
    row = await face.store.read(operations.get, caller.workspace.id, operation_id)
    following = Following(face, Follower(caller.user_id, row), told)
    head = await face.store.read(events.head)
    face.listeners.make_room(caller.user_id)  # others may have come meanwhile
    face.listeners.followers.add(following.follower)
    _begin(face, head)
    return following


def _begin(face: Face, head: str) -> None:
    """Begin to read the tables for all who listen at this process, from that event on, unless they are read."""
    listeners = face.listeners
    if listeners.reading is None:
        listeners.head = head
        listeners.reading = asyncio.create_task(_read(face))
        listeners.reading.add_done_callback(listeners.failed)


async def _read(face: Face) -> None:
    """Read the table for all who listen at this process."""
    listeners = face.listeners
    while True:
        try:
            page = await face.store.read(events.after, listeners.head, PAGE)
            await _look(face)
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


async def _look(face: Face) -> None:
    """Say to those who follow long work how it stands."""
    if not face.listeners.followers:
        return
    ids = sorted({each.row.id for each in face.listeners.followers})
    rows = await face.store.read(operations.these, ids)
    for each in face.listeners.followers:
        if each.row.id in rows:
            each.tell(rows[each.row.id])


def close(face: Face) -> None:
    """End every stream, for the end of the process."""
    face.listeners.closed = True
    face.listeners.end("restarting")
