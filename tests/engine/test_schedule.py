"""Jobs run at their times, whatever the wall clock does, and end when they are told to."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from engine.schedule import Daily, Every, Schedule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON = 20.0
OFTEN = 0.02

moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy wants naive bounds
zones = st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo"])
wall_times = st.times().map(lambda moment: moment.replace(microsecond=0))


class Job:
    """A job that counts its runs and that a test can hold shut."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.raises: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._ran = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self._ran.set()
        try:
            await self.gate.wait()
        finally:
            for _ in range(5):  # it has something to put in order
                await asyncio.sleep(0)
            self.ended += 1
        if self.raises:
            raise self.raises

    async def runs(self, times: int) -> None:
        """Wait until it was begun that often."""
        async with asyncio.timeout(SOON):
            while self.begun < times:
                self._ran.clear()
                await self._ran.wait()


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
async def schedule() -> AsyncIterator[Schedule]:
    built = Schedule(tick=Job(), sweep=Job())
    yield built
    await built.stop()


async def test_the_tick_runs_before_the_sweep(job: Job) -> None:
    sweep = Job()
    schedule = Schedule(tick=job, sweep=sweep)
    schedule.start()
    await job.runs(1)
    await schedule.stop()

    assert sweep.begun == 0


async def test_a_job_runs_again_and_again_until_the_schedule_stops(schedule: Schedule, job: Job) -> None:
    schedule.every("often", OFTEN, job)
    running = [schedule.running]
    schedule.start()
    running.append(schedule.running)
    await job.runs(5)
    await schedule.stop()
    running.append(schedule.running)
    begun = job.begun

    timer = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(5 * OFTEN, timer.set_result, None)
    await timer

    assert job.begun == begun
    assert running == [False, True, False]


async def test_a_job_that_still_runs_is_not_started_twice(schedule: Schedule, job: Job) -> None:
    job.gate.clear()
    other = Job()
    schedule.every("slow", OFTEN, job)
    schedule.every("often", OFTEN, other)
    schedule.start()
    await other.runs(5)
    assert job.begun == 1
    job.gate.set()
    await job.runs(3)


async def test_a_job_that_raises_is_logged_without_its_words_and_runs_again(schedule: Schedule, job: Job) -> None:
    job.raises = ValueError("token=s3cr3t")
    schedule.every("failing", OFTEN, job)
    with capture_logs() as logs:
        schedule.start()
        await job.runs(3)

    assert {(log["job"], log["error"]) for log in logs} == {("failing", "ValueError")}
    assert "s3cr3t" not in str(logs)
    assert "test_schedule.py" in logs[0]["at"]


async def test_stop_cancels_what_runs_and_waits_for_its_end(schedule: Schedule, job: Job) -> None:
    job.gate.clear()
    schedule.every("endless", OFTEN, job)
    schedule.start()
    await job.runs(1)
    with capture_logs() as logs:
        await schedule.stop()

    assert job.ended == 1
    assert logs == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stop_before_the_start_does_nothing(schedule: Schedule) -> None:
    await schedule.stop()

    assert not schedule.running


class Shifted(datetime):
    """The machine's clock, set on or back by an administrator."""

    shift = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # mypy wants the subclass back
        return datetime.now(tz) + cls.shift


class ShiftedClock:
    """The same clock, as our own code is handed it."""

    def now(self) -> datetime:
        return Shifted.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        pytest.fail(f"A schedule sleeps by its jobs alone, and slept {seconds} s.")


@pytest.mark.parametrize("days", [-900.0, -0.05, 0.05, 20_000.0])
async def test_a_clock_that_is_set_keeps_no_job_waiting(days: float, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    Shifted.shift = timedelta(0)
    schedule = Schedule(tick=Job(), sweep=Job(), clock=ShiftedClock())
    schedule.every("often", OFTEN, job)
    schedule.start()
    await job.runs(2)
    Shifted.shift = timedelta(days=days)
    before = job.begun
    await job.runs(before + 3)  # the time-out of the test bounds it
    await schedule.stop()

    assert job.begun >= before + 3


@given(moments, st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)), st.none() | moments)
def test_every_counts_from_now_whenever_it_fired_before(
    now: datetime, interval: timedelta, previous: datetime | None
) -> None:
    assert Every(interval).get_next_fire_time(previous, now) == now + interval


@given(moments, zones, wall_times)
def test_daily_fires_after_now_and_within_two_days(now: datetime, zone: str, at: time) -> None:
    fires = Daily(at, ZoneInfo(zone)).get_next_fire_time(None, now)

    assert now < fires <= now + timedelta(hours=49)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("at", [time(0, 30), time(2, 15), time(2, 30), time(23, 45)])
def test_daily_fires_once_each_local_day_over_all_changes_of_the_clocks(zone: str, at: time) -> None:
    trigger = Daily(at, ZoneInfo(zone))
    fires = datetime(2024, 1, 1, tzinfo=UTC)
    days: Counter[str] = Counter()
    while fires.year < 2033:
        fires = trigger.get_next_fire_time(fires, fires)
        days[fires.astimezone(ZoneInfo(zone)).date().isoformat()] += 1

    assert set(days.values()) == {1}
    assert len(days) in range(3287, 3291)


def test_daily_takes_a_time_that_the_clocks_skip_right_after_the_gap() -> None:
    night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)

    fires = Daily(time(2, 30), ZoneInfo("Europe/Paris")).get_next_fire_time(None, night)

    assert fires.astimezone(ZoneInfo("Europe/Paris")).isoformat() == "2026-03-29T03:30:00+02:00"
