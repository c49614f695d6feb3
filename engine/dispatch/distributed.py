"""The distributed form of the dispatch: PgQueuer on the application's PostgreSQL, for any number of processes.

PgQueuer (1.6.0, its source read on 2026-11-23) picks, beats the heart of what runs, takes over what a dead process had
in hand, and tells the others when there is something. What it would do otherwise than the port promises stands in
`rows`, how it lives through a database that is away in `session` (ADR 0021).

Its limits of a kind count over all processes, and a full kind would keep those away who have room. Here each process
asks only for the kinds for which it has room, so it has at most a batch more in hand than it may run.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from pgqueuer import QueueManager

from engine.dispatch.handling import asks_again
from engine.dispatch.rows import Rows
from engine.dispatch.schema import NAMES
from engine.dispatch.session import AWAY, Session
from engine.store.address import connection_options
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from pgqueuer import Job
    from pgqueuer.domain.types import QueueEntrypoint

    from engine.clock import Clock
    from engine.wake import Again

BATCH: Final = 25
"""Items that a process picks at once, and ends that it writes at once."""

LOOK_EVERY: Final = timedelta(seconds=5)
"""How often the queue is looked at when nobody tells of anything."""

STALE_AFTER: Final = timedelta(seconds=20)
"""After so long without a heartbeat the items of a process are another's."""

BURY_S: Final = 2.0
"""How often is looked for processes that have ended: what they had in hand does not wait for their heartbeats."""

CLEAR_S: Final = 60.0
"""How often PgQueuer's log, two rows an item, is emptied."""

_log = structlog.get_logger(__name__)


class DistributedDispatch:
    """The wake queue of all processes on one PostgreSQL, of this URL; what is lost in it the due tick finds again."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._session = Session(connection_options(url), clock)
        self._rows = Rows(self._session)
        self._queue = _Manager(self._rows)
        self._session.ending = self._queue.shutdown
        self._session.name = str(self._queue.queue_manager_id)
        self._picks: dict[asyncio.Task[object], Kind] = {}
        self._ended = asyncio.Event()
        self._ended.set()

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Ask for work; a key that waits anywhere is not queued twice, one that runs is run once more afterwards.

        Where the database is away the wake is lost: what it was for is a row, and the due tick finds it.
        """
        if not keys:
            return
        try:
            await self._rows.wake(kind.value, keys)
        except AWAY as error:
            _log.warning("A wake was lost; the due tick finds the work.", kind=kind.value, error=type(error).__name__)

    def on(self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], concurrency: int) -> None:
        """Name the handler of a kind, before `run`; at most `concurrency` of it at once in this process."""
        self._queue.room[kind.value] = concurrency
        entrypoint = self._queue.entrypoint(kind.value, accepts_context=False)
        entrypoint(partial(self._picked, kind, handler, asyncio.Semaphore(concurrency)))

    async def run(self) -> None:
        """Take work until `stop`; returns when what runs has ended. Cancelled, it cancels what runs.

        Raises what PgQueuer raises where the database is there and refuses: its tables are not those of this version.
        """
        if self._queue.shutdown.is_set():
            return
        self._ended.clear()
        chores = [asyncio.create_task(self._clear()), asyncio.create_task(self._bury())]
        taking = asyncio.create_task(self._take())
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._queue.shutdown.set()
            self.cancel(tuple(Kind))
            await taking
            raise
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.wait(chores)
            await self._session.close()
            self._ended.set()

    def cancel(self, kinds: Collection[Kind]) -> None:
        """Cancel what runs of these kinds, and begin nothing more of them here; what was cancelled is for others."""
        self._queue.closed.update(kind.value for kind in kinds)
        for pick, kind in self._picks.items():
            if kind in kinds:
                pick.cancel()

    async def stop(self) -> None:
        """Take no more work, wait for what runs, and give back what was in hand."""
        self._queue.shutdown.set()
        await self._ended.wait()
        await self._session.close()

    async def _take(self) -> None:
        """Let PgQueuer work. A limit of its own for all kinds is not given: the room of each kind is the limit."""
        try:
            await self._queue.run(
                batch_size=BATCH,
                dequeue_timeout=LOOK_EVERY,
                heartbeat_timeout=STALE_AFTER,
                log_aggregation_interval=timedelta(0),
            )
        except AWAY as error:
            if not self._queue.shutdown.is_set():
                raise
            _log.warning("The work ended while its database was away.", error=type(error).__name__)

    async def _clear(self) -> None:
        while True:
            await self._clock.sleep(CLEAR_S)
            await self._rows.clear_queue_log()
            await self._rows.clear_statistics_log()

    async def _bury(self) -> None:
        while True:
            await self._clock.sleep(BURY_S)
            await self._rows.bury()

    async def _picked(
        self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], places: asyncio.Semaphore, job: Job
    ) -> None:
        if task := asyncio.current_task():
            self._picks[task] = kind
            task.add_done_callback(self._picks.pop)
        waited = places.locked()
        self._rows.again.add(job.id)  # cancelled, or not begun, it is for others
        try:
            async with places:
                if self._queue.shutdown.is_set() or kind.value in self._queue.closed:
                    return
                if waited:
                    await self._rows.begin(job)
                if not await asks_again(kind, handler, (job.payload or b"").decode()):
                    self._rows.again.discard(job.id)
        finally:
            self._rows.in_hand[job.entrypoint].discard(job.id)


class _Manager(QueueManager):
    """PgQueuer's loop, asked to pick only what this process has room for."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows, channel=NAMES.channel)
        self._rows = rows
        self.room: dict[str, int] = {}
        self.closed: set[str] = set()

    def entrypoints_below_capacity_limits(self) -> set[QueueEntrypoint]:
        """Return the kinds of which more may run here than are in hand."""
        return {
            kind
            for kind in self.entrypoint_registry
            if kind not in self.closed and len(self._rows.in_hand[kind]) < self.room[kind]
        }
