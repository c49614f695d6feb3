"""A machine ran with a date months ahead and its clock was set right: what it had put off comes due again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from engine.errors import TransientError
from engine.run.sweep import sweep
from engine.store import due
from engine.store import tables as t
from tests.engine.run.world import WORKSPACE, World

if TYPE_CHECKING:
    from engine.store.due import Due
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

MONTHS = timedelta(days=150)


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock).begin()


async def _due(world: World) -> Due:
    return await world.store.read(due.work, world.clock.now())


async def _source(world: World, **values: object) -> None:
    await world.execute(update(t.sources).values(**values))


async def test_sources_are_polled_again(world: World, clock: FakeClock) -> None:
    await _source(world, next_poll_at=clock.now() + timedelta(minutes=1), polling_until=clock.now())
    clock.jump_wall(-MONTHS)
    assert (await _due(world)).sources == []

    await sweep(world.core)

    assert (await _due(world)).sources == [world.source_id]


async def test_a_source_that_is_read_once_a_week_keeps_its_time(world: World, clock: FakeClock) -> None:
    week = timedelta(days=7)
    await _source(world, every_s=int(week.total_seconds()), next_poll_at=clock.now() + week)

    await sweep(world.core)

    assert [row["next_poll_at"] for row in await world.rows(t.sources)] == [clock.now() + week]


async def test_a_failed_delivery_is_tried_again(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [TransientError("The platform is away.")]
    await world.drain(account)
    clock.jump_wall(-MONTHS)
    assert (await _due(world)).accounts == []

    await sweep(world.core)
    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], row["tries"]) == ("sent", 2)


async def test_a_delivery_that_was_due_at_once_is_sent_and_a_spread_one_keeps_its_time(
    world: World, clock: FakeClock
) -> None:
    near, spread = await world.account("near"), await world.account("spread")
    later = clock.now() + timedelta(hours=3)
    await world.delivery(near)
    kept = await world.delivery(spread, due_at=later)
    await world.execute(update(t.lanes).where(t.lanes.c.account_id == spread).values(next_due_at=later))
    clock.jump_wall(-MONTHS)

    await sweep(world.core)

    assert (await _due(world)).accounts == [near]
    assert (await world.state(kept))["due_at"] == later


async def test_what_a_platform_asks_us_to_hold_stays_held(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    later = clock.now() + timedelta(hours=5)
    delivery = await world.delivery(account, tries=1, due_at=later, updated_at=clock.now() + timedelta(seconds=2))
    await world.execute(update(t.lanes).values(next_due_at=later))
    await world.add(t.budgets, workspace_id=WORKSPACE, scope="platform", key="scripted", held_until=later)

    await sweep(world.core)

    assert (await world.state(delivery))["due_at"] == later
    assert (await _due(world)).accounts == []


async def test_leases_and_holds_end_and_a_doubt_is_looked_at(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    ahead = clock.now() + MONTHS
    doubtful = await world.delivery(account, state="doubtful", due_at=ahead, updated_at=ahead)
    await world.execute(update(t.lanes).values(next_due_at=ahead, lease_until=ahead, lease_owner="gone"))
    await world.add(t.budgets, workspace_id=WORKSPACE, scope="account", key=account, held_until=ahead)

    await sweep(world.core)
    clock.advance(world.settings.lease)

    assert (await world.state(doubtful))["due_at"] < clock.now()
    assert (await _due(world)).accounts == [account]
    assert [row["held_until"] for row in await world.rows(t.budgets)] == [clock.now() - world.settings.lease]
