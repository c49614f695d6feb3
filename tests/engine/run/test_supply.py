"""A fan-out goes on when what a tick woke is done: nobody waits for the next tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.supply import Supply
from engine.wake import Kind
from tests.engine.run.world import World

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


async def test_after_so_many_drains_what_is_due_is_woken(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    first, second, third = [await world.account(name) for name in ("first", "second", "third")]
    for account in (first, second, third):
        await world.delivery(account)
    supply = Supply(world.core, world.deliverer.drain, look_after=2)

    await supply.drain(first)
    assert world.wake.keys(Kind.DRAIN) == ()
    await supply.drain(second)

    assert world.wake.keys(Kind.DRAIN) == (third,)
