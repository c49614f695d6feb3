"""A source that holds up the worker makes no other one late, and comes back the later the more often it does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.offload import OffloadError
from engine.run.poll import LONGEST_WAIT, Poller
from tests.engine.run.polling import World, batch
from tests.peers import tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.contract.context import SourceContext
    from engine.contract.source import Batch
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> AsyncIterator[World]:
    world = await World(store, clock).begin()
    yield world
    await world.offload.stop()


async def test_the_time_at_the_worker_does_not_count(world: World) -> None:
    page = await world.join()
    world.poller = Poller(world.core, deadline=timedelta(0))

    async def reads(ctx: SourceContext) -> Batch:
        return batch(await ctx.parse(tasks.echo, "a"), await ctx.parse(tasks.echo, "b"))

    row = await world.poll(page, reads)

    assert (row.state, row.note) == ("live", "")
    assert await world.states() == {"a": "seen", "b": "seen"}


async def test_what_a_source_takes_before_and_after_does(world: World) -> None:
    page = await world.join()
    world.poller = Poller(world.core, deadline=timedelta(0))

    async def stays_silent(ctx: SourceContext) -> Batch:
        await ctx.parse(tasks.echo, 1)
        await asyncio.Event().wait()
        raise AssertionError("An event that nobody sets was set.")

    row = await world.poll(page, stays_silent)

    assert (row.state, row.note) == ("failing", "The source took longer than 0 s to answer.")


@pytest.mark.parametrize("reason", ["timeout", "memory"])
async def test_a_source_that_breaks_the_workers_limits_waits_twice_as_long_each_time(world: World, reason: Any) -> None:
    page = await world.join()
    waits = []
    for _ in range(6):
        row = await world.poll(page, OffloadError("It came to no end.", reason=reason))
        assert row.next_poll_at is not None
        waits.append(row.next_poll_at - world.clock.now())

    hours = [timedelta(hours=each) for each in (1, 2, 4, 8, 16)]
    assert waits == [*hours, LONGEST_WAIT]
