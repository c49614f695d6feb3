"""What every form of the dispatch does, whatever it is built on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from engine.errors import TransientError
from engine.wake import Again, Kind
from tests.engine.dispatch.watching import SOON, Recorder, turns, working

if TYPE_CHECKING:
    from engine.wake import WakeQueue


async def test_a_wake_reaches_the_handler_of_its_kind_with_its_key(queue: WakeQueue, recorder: Recorder) -> None:
    other = Recorder()
    queue.on(Kind.POLL, recorder, 1)
    queue.on(Kind.DRAIN, other, 1)
    async with working(queue):
        await queue.wake(Kind.POLL, ["source é"])
        await recorder.ends(1)

    assert recorder.calls == ["source é"]
    assert other.calls == []


async def test_a_wake_before_the_run_waits_for_it(queue: WakeQueue, recorder: Recorder) -> None:
    queue.on(Kind.ROUTE, recorder, 1)
    await queue.wake(Kind.ROUTE, ["a", "b"])
    async with working(queue):
        await recorder.ends(2)

    assert recorder.calls == ["a", "b"]


async def test_a_wake_of_nothing_does_nothing(queue: WakeQueue, recorder: Recorder) -> None:
    queue.on(Kind.ROUTE, recorder, 1)
    async with working(queue):
        await queue.wake(Kind.ROUTE, [])
        await queue.wake(Kind.ROUTE, ["a"])
        await recorder.ends(1)

    assert recorder.calls == ["a"]


async def test_a_key_that_waits_is_not_queued_twice(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 1)
    async with working(queue):
        await queue.wake(Kind.DRAIN, ["first"])
        await recorder.until(lambda seen: seen.calls == ["first"])
        await queue.wake(Kind.DRAIN, ["a", "b", "a"])
        await turns()
        await queue.wake(Kind.DRAIN, ["b", "a"])
        await queue.wake(Kind.DRAIN, ["last"])
        recorder.gate.set()
        await recorder.until(lambda seen: "last" in seen.ended)

    assert recorder.calls == ["first", "a", "b", "last"]


async def test_the_same_key_of_two_kinds_is_two_keys(queue: WakeQueue, recorder: Recorder) -> None:
    other = Recorder()
    queue.on(Kind.POLL, recorder, 1)
    queue.on(Kind.ROUTE, other, 1)
    await queue.wake(Kind.POLL, ["same"])
    await queue.wake(Kind.ROUTE, ["same"])
    async with working(queue):
        await recorder.ends(1)
        await other.ends(1)

    assert recorder.calls == other.calls == ["same"]


async def test_a_wake_while_the_key_runs_runs_it_once_more(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 5)
    async with working(queue):
        await queue.wake(Kind.DRAIN, ["a"])
        await recorder.until(lambda seen: seen.active == ["a"])
        await queue.wake(Kind.DRAIN, ["a"])
        await queue.wake(Kind.DRAIN, ["a", "a"])
        await turns()
        assert recorder.calls == ["a"]
        recorder.gate.set()
        await recorder.ends(2)
        await queue.wake(Kind.DRAIN, ["b"])
        await recorder.ends(3)

    assert recorder.calls == ["a", "a", "b"]
    assert recorder.most_active == 1


async def test_a_wake_right_after_the_end_runs_the_key_again(queue: WakeQueue, recorder: Recorder) -> None:
    queue.on(Kind.DRAIN, recorder, 2)
    async with working(queue):
        for number in range(21):
            await queue.wake(Kind.DRAIN, ["a"])
            await recorder.ends(number + 1)
            await turns(number % 7)

    assert recorder.calls == ["a"] * 21


async def test_again_brings_the_key_back_behind_those_that_wait(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.answers = {"a": [Again(), Again()]}
    queue.on(Kind.DRAIN, recorder, 1)
    await queue.wake(Kind.DRAIN, ["a", "b", "c"])
    async with working(queue):
        await recorder.ends(5)

    assert recorder.calls == ["a", "b", "c", "a", "a"]


async def test_a_kind_never_runs_more_at_once_than_allowed(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 3)
    async with working(queue):
        await queue.wake(Kind.DRAIN, [str(number) for number in range(40)])
        await recorder.until(lambda seen: len(seen.active) == 3)
        await turns()
        assert len(recorder.active) == 3
        recorder.gate.set()
        await recorder.ends(40)

    assert recorder.most_active == 3


async def test_a_full_kind_does_not_keep_another_waiting(queue: WakeQueue, recorder: Recorder) -> None:
    full = Recorder()
    full.gate.clear()
    queue.on(Kind.DRAIN, full, 2)
    queue.on(Kind.POLL, recorder, 1)
    async with working(queue):
        await queue.wake(Kind.DRAIN, [str(number) for number in range(2_000)])
        await full.until(lambda seen: len(seen.active) == 2)
        await queue.wake(Kind.POLL, ["a"])
        await recorder.ends(1)
        assert len(full.ended) == 0
        full.gate.set()

    assert recorder.calls == ["a"]


async def test_stop_waits_for_what_runs_and_begins_nothing_more(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 2)
    run = asyncio.create_task(queue.run())
    await queue.wake(Kind.DRAIN, ["a", "b", "c", "d"])
    await recorder.until(lambda seen: len(seen.active) == 2)
    stop = asyncio.create_task(queue.stop())
    await turns()
    assert not stop.done()
    assert not run.done()

    recorder.gate.set()
    async with asyncio.timeout(SOON):
        await stop
        await run

    assert recorder.calls == recorder.ended == ["a", "b"]


async def test_cancel_ends_what_runs_of_its_kinds_and_leaves_the_others(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    other = Recorder()
    other.gate.clear()
    queue.on(Kind.DRAIN, recorder, 2)
    queue.on(Kind.POLL, other, 1)
    async with working(queue):
        await queue.wake(Kind.POLL, ["p", "q"])
        await queue.wake(Kind.DRAIN, ["a"])
        await recorder.until(lambda seen: seen.active == ["a"])
        await other.until(lambda seen: seen.active == ["p"])
        queue.cancel([Kind.POLL])
        await other.ends(1)
        await turns()
        assert recorder.active == ["a"]
        recorder.gate.set()
        await recorder.ends(1)

    assert other.calls == other.ended == ["p"]


async def test_stop_ends_when_what_it_waits_for_is_cancelled(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 2)
    run = asyncio.create_task(queue.run())
    await queue.wake(Kind.DRAIN, ["a", "b", "c"])
    await recorder.until(lambda seen: len(seen.active) == 2)
    stop = asyncio.create_task(queue.stop())
    await turns()

    queue.cancel(tuple(Kind))
    async with asyncio.timeout(SOON):
        await stop
        await run

    assert recorder.calls == recorder.ended == ["a", "b"]


async def test_stop_before_the_run_is_at_once(queue: WakeQueue) -> None:
    async with asyncio.timeout(SOON):
        await queue.stop()
        await queue.run()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_run_cancels_its_handlers(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 2)
    run = asyncio.create_task(queue.run())
    await queue.wake(Kind.DRAIN, ["a", "b"])
    await recorder.until(lambda seen: len(seen.active) == 2)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert recorder.active == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_handler_that_raises_stops_nobody(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.answers = {"bad": [ValueError("token=s3cr3t")]}
    queue.on(Kind.DRAIN, recorder, 2)
    with capture_logs() as logs:
        async with working(queue):
            await queue.wake(Kind.DRAIN, ["bad", "a", "b"])
            await recorder.ends(3)
            await turns()
            await queue.wake(Kind.DRAIN, ["bad"])
            await recorder.ends(4)

    assert sorted(recorder.calls) == ["a", "b", "bad", "bad"]
    assert [(log["log_level"], log["kind"], log["key"], log["error"]) for log in logs] == [
        ("error", "drain", "bad", "ValueError")
    ]
    assert "s3cr3t" not in str(logs)


async def test_an_error_of_ours_is_logged_with_its_sentence(queue: WakeQueue, recorder: Recorder) -> None:
    recorder.answers = {"a": [TransientError("The server is away.")]}
    queue.on(Kind.POLL, recorder, 1)
    with capture_logs() as logs:
        async with working(queue):
            await queue.wake(Kind.POLL, ["a"])
            await recorder.ends(1)

    assert [log["said"] for log in logs] == ["The server is away."]


async def test_two_thousand_wakes_run_each_key_once(queue: WakeQueue, recorder: Recorder) -> None:
    queue.on(Kind.DRAIN, recorder, 50)
    keys = [str(number) for number in range(2_000)]
    async with working(queue):
        for start in range(0, len(keys), 500):
            await queue.wake(Kind.DRAIN, keys[start : start + 500])
        await recorder.ends(len(keys))

    assert sorted(recorder.calls, key=int) == keys
    assert recorder.most_active <= 50


@pytest.mark.parametrize("seed", range(3))
async def test_every_wake_is_followed_by_a_run_that_began_after_it(queue: WakeQueue, seed: int) -> None:
    choose = random.Random(seed)
    woken: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    active: Counter[str] = Counter()
    changed = asyncio.Event()

    async def handler(key: str) -> Again | None:
        active[key] += 1
        assert active[key] == 1
        began_at = woken[key]
        await turns(choose.randrange(6))
        active[key] -= 1
        seen[key] = max(seen[key], began_at)
        changed.set()
        return Again() if choose.random() < 0.1 else None

    queue.on(Kind.ROUTE, handler, 3)
    async with working(queue):
        for _ in range(200):
            key = choose.choice("abcdefgh")
            woken[key] += 1
            await queue.wake(Kind.ROUTE, [key])
            await turns(choose.randrange(8))
        while seen != woken:
            changed.clear()
            await changed.wait()
