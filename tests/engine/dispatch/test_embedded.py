"""What only the embedded form has to mind: its queue lives in this process's memory and reads the wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pgqueuer import InMemoryDriver, InMemoryQueries
from pgqueuer.domain.models import utc_now

from engine.dispatch.embedded import BATCH, LOG_KEPT, EmbeddedDispatch
from engine.wake import Kind
from tests.engine.dispatch.watching import Recorder, turns, working


async def test_the_log_of_the_queue_does_not_grow_for_ever(recorder: Recorder) -> None:
    rows = InMemoryQueries(InMemoryDriver())
    queue = EmbeddedDispatch(rows)
    queue.on(Kind.DRAIN, recorder, 50)
    async with working(queue):
        await queue.wake(Kind.DRAIN, [str(number) for number in range(5 * LOG_KEPT)])
        await recorder.ends(5 * LOG_KEPT)

    assert len(await rows.queue_log()) < 4 * LOG_KEPT


@pytest.mark.parametrize("hours", [-300, -1, 1, 300])
async def test_a_clock_that_jumps_hides_no_wake(
    hours: int, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift = timedelta(0)

    def jumping() -> datetime:
        return utc_now() + shift

    monkeypatch.setattr("pgqueuer.adapters.inmemory.queries.utc_now", jumping)
    queue = EmbeddedDispatch()
    queue.on(Kind.DRAIN, recorder, 1)
    await queue.wake(Kind.DRAIN, ["before"])
    shift = timedelta(hours=hours)
    async with working(queue):
        await queue.wake(Kind.DRAIN, ["after"])
        await recorder.ends(2)

    assert recorder.calls == ["before", "after"]


async def test_a_full_kind_has_few_items_in_hand(recorder: Recorder) -> None:
    recorder.gate.clear()
    rows = InMemoryQueries(InMemoryDriver())
    queue = EmbeddedDispatch(rows)
    queue.on(Kind.DRAIN, recorder, 2)
    async with working(queue):
        await queue.wake(Kind.DRAIN, [str(number) for number in range(2_000)])
        await recorder.until(lambda seen: len(seen.active) == 2)
        await turns()
        counts = {size.status: size.count for size in await rows.queue_size()}
        recorder.gate.set()

    assert counts["picked"] <= 2 + BATCH
    assert sum(counts.values()) == 2_000
