"""A poll ends at any of its transactions, or while it asks, and starts again: every post once, none left unrouted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.run.poll import LEASE
from engine.run.sweep import tick
from engine.store import sources
from engine.wake import Kind
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.polling import ASKED, SCRIPT, World, batch

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

WRITES = 2
"""The lease; posts, cursor and trace with the lease given back."""


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock).begin()


@pytest.fixture
async def page(world: World) -> str:
    """Give a source that was read once, and at which `a` and `b` have been published since."""
    source_id = await world.join()
    await world.poll(source_id, batch("old", cursor="c0"))
    await world.store.write(sources.poll_now, source_id, world.clock.now())
    SCRIPT.extend([batch("old", "a", "b", cursor="c1")] * 2)
    return source_id


async def live(world: World, page: str) -> bool:
    """Poll in a process that may die; tells whether it did."""
    try:
        await world.poller.poll(page)
    except Killed:
        return True
    return False


async def check_heir(world: World, page: str) -> None:
    """Let the lease end and a new worker's tick do what is due: every post is there once, with one line, and woken."""
    world.core.store = world.store
    world.clock.advance(LEASE)
    world.wake.woken.clear()
    await tick(world.core)
    for source_id in world.wake.keys(Kind.POLL):
        await world.poller.poll(source_id)
    await tick(world.core)

    assert (await world.row(page)).cursor == "c1"
    assert await world.states() == {"old": "seen", "a": "new", "b": "new"}
    assert len(await world.rows("traces", "post_id")) == len(await world.rows("posts", "id"))
    new = {row[0] for row in await world.rows("posts", "id", "state") if row[1] == "new"}
    assert set(world.wake.keys(Kind.ROUTE)) == new


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, WRITES + 1))
async def test_a_killed_poll_is_done_again_and_keeps_each_post_once(
    world: World, page: str, nth: int, *, after: bool
) -> None:
    world.core.store = MortalStore(world.store, nth, after=after)

    assert await live(world, page)

    await check_heir(world, page)
    assert ASKED[1:] == ["c0"] * (1 if nth == 1 or after else 2)


async def test_a_poll_that_is_killed_while_it_asks_is_done_again_from_the_same_cursor(world: World, page: str) -> None:
    SCRIPT.insert(0, Killed())

    assert await live(world, page)

    await check_heir(world, page)
    assert ASKED[1:] == ["c0", "c0"]
