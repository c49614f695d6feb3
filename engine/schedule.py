"""What happens by the clock: jobs that only wake work or call a function that was handed in.

APScheduler (3.11.3, its source read on 2026-11-22) reads the wall clock. A clock that is set on would make its own
triggers count every moment in between, 31 million of them for a year of ticks, and one that is set back would leave the
jobs waiting until the old time comes again. The triggers here therefore count from now, and a step back plans anew.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_SCHEDULER_SHUTDOWN
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from engine.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.clock import Clock

    Job = Callable[[], Awaitable[object]]

TICK_SECONDS = 1.0
SWEEP_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Schedule:
    """The jobs of one process: the due tick each second, the sweep every five, and what `every` and `daily` add.

    A job that still runs when it is due again is left alone; one whose time passed meanwhile (a busy process, a machine
    that slept) runs once. What a job raises is logged, and the job goes on.
    """

    def __init__(self, *, tick: Job, sweep: Job, clock: Clock | None = None) -> None:
        self._scheduler = _Scheduler(
            clock or SystemClock(),
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._running: set[asyncio.Task[Any]] = set()
        self._scheduler.add_listener(_log_failure, EVENT_JOB_ERROR)
        self.every("tick", TICK_SECONDS, tick)
        self.every("sweep", SWEEP_SECONDS, sweep)

    @property
    def running(self) -> bool:
        """Whether jobs are started at their times."""
        return bool(self._scheduler.running)

    def every(self, name: str, seconds: float, job: Job) -> None:
        """Run a job every so many seconds, the first time when they have passed."""
        self._add(name, Every(timedelta(seconds=seconds)), job)

    def daily(self, name: str, at: time, zone: str, job: Job) -> None:
        """Run a job once a day when the clocks of that IANA zone show `at`."""
        self._add(name, Daily(at, ZoneInfo(zone)), job)

    def start(self) -> None:
        """Begin; called inside the event loop that the jobs run in."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start no further job, cancel what runs, and wait for its end."""
        if not self.running:
            return
        down = asyncio.Event()
        self._scheduler.add_listener(lambda _event: down.set(), EVENT_SCHEDULER_SHUTDOWN)
        self._scheduler.shutdown()
        await down.wait()
        if self._running:
            await asyncio.wait(self._running)

    def _add(self, name: str, trigger: BaseTrigger, job: Job) -> None:
        async def run() -> None:
            if task := asyncio.current_task():
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            with suppress(asyncio.CancelledError):
                await job()

        self._scheduler.add_job(run, trigger, id=name, name=name)


@dataclass(frozen=True, slots=True)
class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires an interval after now, however long ago it fired last."""

    interval: timedelta

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002  # APScheduler's signature
        """Return when to fire next."""
        return now + self.interval


@dataclass(frozen=True, slots=True)
class Daily(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires once each local day: a time that the clocks skip is taken after the gap, one they repeat the first time."""

    at: time
    zone: ZoneInfo

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002  # APScheduler's signature
        """Return the first moment after now."""
        today = now.astimezone(self.zone).date()
        moments = (
            datetime.combine(today + timedelta(days=days), self.at, self.zone).astimezone(UTC) for days in range(3)
        )
        return next(moment for moment in moments if moment > now)


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler ships no types
    """Plans every job anew when it wakes up earlier, by the wall clock, than it did before."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock
        self._seen = clock.now()

    def wakeup(self) -> None:
        """Look for due jobs; APScheduler's timer calls this, on the monotonic clock of the loop."""
        now = self._clock.now()
        back, self._seen = now < self._seen, now
        if back:
            for job in self.get_jobs():
                self.reschedule_job(job.id, trigger=job.trigger)
        super().wakeup()


def _log_failure(event: Any) -> None:
    frames = (event.traceback or "").strip().splitlines()
    _log.error(
        "A scheduled job failed; it runs again at its next time.",
        job=event.job_id,
        error=type(event.exception).__name__,
        at=frames[-2].strip() if len(frames) > 1 else "",
    )
