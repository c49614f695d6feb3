"""A pause takes hold at the very next claim: no time passes between its commit and the first send that it stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.store import pauses
from engine.store.pauses import Scope
from engine.store.unit import open_store
from tests.engine.run.world import WORKSPACE, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(sqlite_url: str, clock: FakeClock) -> AsyncIterator[World]:
    """Give a world in SQLite: that both databases read every pause at the claim is proven with the other guards."""
    store = open_store(sqlite_url)
    yield await World(store, clock).begin()
    await store.close()


async def _sends(world: World, clock: FakeClock, scope: Scope, key: str, account: str) -> list[str]:
    """Let two posts go out, and set the pause while the first is being published; return what became of them."""
    deliveries, began = [await world.delivery(account) for _ in range(2)], clock.now()

    async def pause(_: Any) -> None:
        await world.store.write(pauses.pause, WORKSPACE, scope, key, reason="Crisis", now=clock.now())

    world.sink.script = [pause]
    await world.drain(account)
    assert clock.now() == began
    return [(await world.state(one))["state"] for one in deliveries]


@pytest.mark.parametrize("scope", Scope)
async def test_a_pause_stops_the_next_claim_of_a_drain_that_is_running(
    world: World, clock: FakeClock, scope: Scope
) -> None:
    account = await world.account("lea")
    keys = {Scope.PLATFORM: "scripted", Scope.ACCOUNT: account, Scope.MAPPING: world.mapping_id}

    assert await _sends(world, clock, scope, keys.get(scope, ""), account) == ["sent", "planned"]
    assert len(world.sink.begun) == 1


@pytest.mark.parametrize("scope", [Scope.PLATFORM, Scope.ACCOUNT, Scope.MAPPING])
async def test_a_pause_of_something_else_stops_nothing(world: World, clock: FakeClock, scope: Scope) -> None:
    account, other = await world.account("lea"), await world.account("karim")
    keys = {Scope.PLATFORM: "another", Scope.ACCOUNT: other, Scope.MAPPING: "0" * 32}

    assert await _sends(world, clock, scope, keys[scope], account) == ["sent", "sent"]
