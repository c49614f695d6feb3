"""The stand-ins keep the promises of what they stand for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from engine.contract.node import Node, NodeConfig
from engine.errors import DoubtfulError, RejectedError, TransientError
from engine.testing.fakes import FakeClock, RecordingWake, ScriptedHttp
from engine.wake import Again, Kind


async def note_after(clock: FakeClock, seconds: float, notes: list[tuple[float, float]]) -> None:
    await clock.sleep(seconds)
    notes.append((seconds, clock.monotonic()))


async def test_a_sleep_ends_only_when_the_clock_has_passed_it() -> None:
    clock = FakeClock()
    sleep = asyncio.create_task(clock.sleep(10))
    await clock.run_for(9)

    assert not sleep.done()
    assert clock.sleeping == 1

    clock.advance(1)
    await sleep

    assert clock.sleeping == 0


async def test_running_wakes_each_sleeper_at_its_own_time() -> None:
    clock, notes = FakeClock(), list[tuple[float, float]]()
    start = clock.monotonic()
    tasks = [asyncio.create_task(note_after(clock, seconds, notes)) for seconds in (30, 10, 20)]
    await clock.run_for(timedelta(minutes=1))
    await asyncio.gather(*tasks)

    assert [(10, start + 10), (20, start + 20), (30, start + 30)] == notes
    assert clock.monotonic() == start + 60


async def test_a_loop_that_sleeps_ticks_as_often_as_the_time_allows() -> None:
    clock, ticks = FakeClock(), list[datetime]()

    async def tick() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.now())

    loop = asyncio.create_task(tick())
    await clock.run_for(5)
    loop.cancel()

    assert len(ticks) == 5
    assert ticks[-1] - ticks[0] == timedelta(seconds=4)


async def test_with_autojump_sleeps_end_in_the_order_of_their_ends() -> None:
    clock, notes = FakeClock(autojump=True), list[tuple[float, float]]()
    start = clock.monotonic()
    await asyncio.gather(*(note_after(clock, seconds, notes) for seconds in (3_600, 1, 60)))

    assert [(1, start + 1), (60, start + 60), (3_600, start + 3_600)] == notes


async def test_a_cancelled_sleep_is_forgotten() -> None:
    clock = FakeClock()
    sleep = asyncio.create_task(clock.sleep(10))
    await clock.run_for(1)
    sleep.cancel()
    await clock.run_for(1)

    assert clock.sleeping == 0
    assert sleep.cancelled()


async def test_the_wall_jumps_apart_from_the_counter_and_wakes_nobody() -> None:
    clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))
    seconds = clock.monotonic()
    sleep = asyncio.create_task(clock.sleep(60))
    await clock.run_for(0)
    clock.jump_wall(timedelta(days=-1))

    assert clock.now() == datetime(2026, 2, 28, tzinfo=UTC)
    assert clock.monotonic() == seconds
    assert clock.sleeping == 1
    sleep.cancel()


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="jump_wall"):
        FakeClock().advance(-1)


def test_advance_to_sets_both_times() -> None:
    clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))
    before = clock.monotonic()
    clock.advance_to(datetime(2026, 3, 1, 1, tzinfo=UTC))

    assert clock.now() == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert clock.monotonic() == before + 3_600


async def test_the_same_wake_waits_once_and_is_written_down_each_time() -> None:
    wake, done = RecordingWake(), list[str]()

    async def drain(key: str) -> None:
        done.append(key)

    wake.on(Kind.DRAIN, drain, concurrency=1)
    await wake.wake(Kind.DRAIN, ["a", "b"])
    await wake.wake(Kind.DRAIN, ["a"])

    assert wake.keys(Kind.DRAIN) == ("a", "b", "a")
    assert await wake.work() == 2
    assert done == ["a", "b"]
    assert not wake.waiting


async def test_work_goes_on_with_what_work_wakes_and_with_again() -> None:
    wake, done = RecordingWake(), list[str]()

    async def route(key: str) -> Again | None:
        done.append(f"route {key}")
        await wake.wake(Kind.DRAIN, [key])
        return Again() if len(done) == 1 else None

    async def drain(key: str) -> None:
        done.append(f"drain {key}")

    wake.on(Kind.ROUTE, route, concurrency=1)
    wake.on(Kind.DRAIN, drain, concurrency=1)
    await wake.wake(Kind.ROUTE, ["p"])
    await wake.work()

    assert sorted(done) == ["drain p", "drain p", "route p", "route p"]


async def test_work_that_never_ends_fails() -> None:
    wake = RecordingWake()

    async def drain(key: str) -> Again:
        return Again()

    wake.on(Kind.DRAIN, drain, concurrency=1)
    await wake.wake(Kind.DRAIN, ["a"])

    with pytest.raises(AssertionError, match="does not end"):
        await wake.work(most=100)


async def test_what_nobody_handles_keeps_waiting() -> None:
    wake = RecordingWake()
    await wake.wake(Kind.SYNC, ["a"])

    assert await wake.work() == 0
    assert list(wake.waiting) == [(Kind.SYNC, "a")]


async def test_run_works_until_it_is_stopped() -> None:
    wake, done = RecordingWake(), asyncio.Event()

    async def poll(key: str) -> None:
        done.set()

    wake.on(Kind.POLL, poll, concurrency=1)
    running = asyncio.create_task(wake.run())
    await wake.wake(Kind.POLL, ["s"])
    await done.wait()
    await wake.stop()
    await running

    assert not wake.waiting


async def test_the_script_answers_in_order_and_then_repeats_the_last() -> None:
    http = ScriptedHttp()
    http.answer("GET", "https://example.org/feed", body=b"one")
    http.answer("GET", "https://example.org/feed", 304)
    answers = [await http.fetch("GET", "https://example.org/feed", headers={"If-None-Match": "a"}) for _ in range(3)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, b"one"), (304, b""), (304, b"")]
    assert [asked.headers["if-none-match"] for asked in http.asked] == ["a", "a", "a"]
    assert http.published == ()


async def test_a_request_that_the_script_does_not_know_fails() -> None:
    with pytest.raises(AssertionError, match=r"GET https://example.org/feed"):
        await ScriptedHttp().fetch("GET", "https://example.org/feed")


async def test_answers_are_judged_by_the_node_unless_the_request_accepts_them() -> None:
    http = ScriptedHttp(Node(NodeConfig()))
    http.answer("GET", "https://example.org/one", 404)

    assert (await http.fetch("GET", "https://example.org/one", accept=(404,))).status == 404
    with pytest.raises(RejectedError):
        await http.fetch("GET", "https://example.org/one")


async def test_an_answer_that_leaves_a_publish_in_doubt_is_only_transient_when_reading() -> None:
    http = ScriptedHttp(Node(NodeConfig()))
    http.answer("GET", "https://example.org/one", 500)
    http.answer("POST", "https://example.org/one", 500)

    with pytest.raises(TransientError):
        await http.fetch("GET", "https://example.org/one")
    with pytest.raises(DoubtfulError):
        await http.publish("POST", "https://example.org/one", content=b"{}")
    assert [asked.content for asked in http.published] == [b"{}"]


async def test_a_scripted_failure_and_a_body_over_the_cap_are_raised() -> None:
    http = ScriptedHttp()
    http.fail("GET", "https://example.org/one", TransientError("Nobody there."))
    http.answer("GET", "https://example.org/two", body=b"12345")

    with pytest.raises(TransientError, match="Nobody there"):
        await http.fetch("GET", "https://example.org/one")
    with pytest.raises(RejectedError) as refused:
        await http.fetch("GET", "https://example.org/two", max_bytes=4)
    assert refused.value.code == "too_large"
