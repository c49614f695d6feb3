"""The embedded form of the dispatch: PgQueuer's in-memory queue in this one process, volatile on purpose.

PgQueuer (1.6.0, its source read on 2026-11-22) holds a de-duplication key until the item's end is written, up to 0.1 s
after its handler ended: a wake that comes meanwhile would be lost. A retried item goes before all that wait. The states
of a key (waiting, running, woken while running) are therefore kept beside the queue, and `Again` makes a new item,
behind the others. PgQueuer reads the wall clock: items are due since long ago and heartbeats never late, so that a
clock that jumps neither hides an item nor hands it out twice (ADR 0008).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pgqueuer import InMemoryDriver, InMemoryQueries, QueueManager

from engine.dispatch.handling import asks_again
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from pgqueuer import Job

    from engine.wake import Again

BATCH = 25
"""Items that PgQueuer picks at once, and ends that it writes at once."""

LOG_KEPT = 1_000
"""Items after which PgQueuer's log, three rows an item, is emptied."""

DUE_SINCE = timedelta(days=-365)
STALE_AFTER = timedelta(days=365)


@dataclass(slots=True)
class _Keys:
    """Where the keys of a kind stand; `woken` are those of `running` that are to run once more."""

    waiting: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    woken: set[str] = field(default_factory=set)


class EmbeddedDispatch:
    """The wake queue of one process; what waits in it ends with the process, and the due tick finds it again."""

    def __init__(self, rows: InMemoryQueries | None = None) -> None:
        self._rows = rows or InMemoryQueries(InMemoryDriver())
        self._queue = QueueManager(self._rows)
        self._keys = {kind: _Keys() for kind in Kind}
        self._picks: dict[asyncio.Task[object], Kind] = {}
        self._cancelled: set[Kind] = set()
        self._done = 0
        self._ended = asyncio.Event()
        self._ended.set()

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Ask for work; a key that waits is not queued twice, one that runs is run once more afterwards."""
        states = self._keys[kind]
        states.woken.update(states.running.intersection(keys))
        fresh = [key for key in dict.fromkeys(keys) if key not in states.waiting and key not in states.running]
        if fresh:
            await self._enqueue(kind, fresh)

    def on(self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], concurrency: int) -> None:
        """Name the handler of a kind, before `run`; at most `concurrency` of it at once in this process.

        PgQueuer may pick a batch more than that, because it counts an item until its end is written, and it writes at
        once only when a batch has ended: so a free place never waits for the writing.
        """
        entrypoint = self._queue.entrypoint(kind.value, concurrency_limit=concurrency + BATCH, accepts_context=False)
        entrypoint(partial(self._picked, kind, handler, asyncio.Semaphore(concurrency)))

    async def run(self) -> None:
        """Take work until `stop`; returns when what runs has ended. Cancelled, it cancels what runs."""
        self._ended.clear()
        taking = asyncio.create_task(
            self._queue.run(batch_size=BATCH, heartbeat_timeout=STALE_AFTER, log_aggregation_interval=timedelta(0))
        )
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._queue.shutdown.set()
            self.cancel(tuple(Kind))
            await taking
            raise
        finally:
            self._ended.set()

    def cancel(self, kinds: Collection[Kind]) -> None:
        """Cancel what runs of these kinds, and begin nothing more of them: for the end of a process."""
        self._cancelled.update(kinds)
        for pick, kind in self._picks.items():
            if kind in kinds:
                pick.cancel()

    async def stop(self) -> None:
        """Take no more work and wait for what runs."""
        self._queue.shutdown.set()
        await self._ended.wait()

    async def _enqueue(self, kind: Kind, keys: list[str]) -> None:
        self._keys[kind].waiting.update(keys)
        count = len(keys)
        payloads: list[bytes | None] = [key.encode() for key in keys]
        await self._rows.enqueue([kind.value] * count, payloads, [0] * count, execute_after=[DUE_SINCE] * count)

    async def _picked(
        self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], places: asyncio.Semaphore, job: Job
    ) -> None:
        states = self._keys[kind]
        key = (job.payload or b"").decode()
        if task := asyncio.current_task():
            self._picks[task] = kind
            task.add_done_callback(self._picks.pop)
        async with places:
            if self._queue.shutdown.is_set() or kind in self._cancelled:
                return
            states.waiting.discard(key)
            states.running.add(key)
            again = await asks_again(kind, handler, key)
            states.running.discard(key)
        if again or key in states.woken:
            states.woken.discard(key)
            await self._enqueue(kind, [key])
        self._done += 1
        if self._done % LOG_KEPT == 0:
            await self._rows.clear_queue_log()
