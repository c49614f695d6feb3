"""What fails too often is held for everybody, with the reason, and goes on by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.errors import TransientError
from engine.run.breaker import CALLS, Call, Place
from engine.store import tables as t
from tests.engine.run.world import WORKSPACE, World

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


async def test_five_failures_of_an_account_hold_it_and_its_next_posts_wait_for_that(
    store: Store, clock: FakeClock
) -> None:
    world = await World(store, clock).begin()
    lea, karim = await world.account("lea"), await world.account("karim")
    world.sink.script = [TransientError("Connection refused.") for _ in range(5)]
    of_lea = [await world.delivery(lea) for _ in range(6)]
    of_karim = await world.delivery(karim)

    await world.deliverer.drain(lea)
    await world.deliverer.drain(karim)

    held = await world.rows(t.budgets, "scope", "key", "held_until", "note")
    assert [(row["scope"], row["key"], row["held_until"]) for row in held] == [
        ("account", lea, clock.now() + timedelta(minutes=5))
    ]
    assert held[0]["note"].startswith("5 tries in a row failed: lea rests until")
    assert [(await world.state(one))["state"] for one in of_lea] == ["planned"] * 6
    assert (await world.state(of_karim))["state"] == "sent"

    clock.advance(timedelta(hours=1))
    while await world.deliverer.drain(lea):
        pass
    assert [(await world.state(one))["state"] for one in of_lea] == ["sent"] * 6


async def test_a_platform_that_fails_for_many_is_held_for_all(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    breakers, place = world.core.breakers, Place(WORKSPACE, "scripted")
    for n in range(CALLS - 1):
        breakers.seen(Call(place, f"account {n}", "transient", retry=False, at=clock.monotonic()))
    lea, karim = await world.account("lea"), await world.account("karim")
    world.sink.script = [TransientError("Connection refused.")]
    await world.delivery(lea)
    waits = await world.delivery(karim)

    await world.deliverer.drain(lea)
    await world.deliverer.drain(karim)

    held = await world.rows(t.budgets, "scope", "key", "note")
    assert [(row["scope"], row["key"]) for row in held] == [("platform", "scripted")]
    assert held[0]["note"].startswith("20 of 20 tries within 5 minutes failed: scripted rests until")
    assert (await world.state(waits))["state"] == "planned"


async def test_a_retry_beyond_the_budget_waits_for_the_next_ten_minutes(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    for n in range(10):
        call = Call(Place(WORKSPACE, "scripted"), f"account {n}", "sent", retry=True, at=clock.monotonic())
        world.core.breakers.seen(call)
    lea = await world.account("lea")
    world.sink.script = [TransientError("Connection refused.")]
    late = await world.delivery(lea)

    await world.deliverer.drain(lea)

    assert (await world.state(late))["due_at"] == clock.now() + timedelta(minutes=10)


async def test_a_process_that_stood_still_blames_nobody(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    lea = await world.account("lea")

    async def stand_still(_: object) -> None:
        clock.advance(timedelta(minutes=1))
        message = "No answer."
        raise TimeoutError(message)

    world.sink.script = [stand_still] * 5
    for _ in range(5):
        await world.delivery(lea)
        await world.deliverer.drain(lea)

    assert [row["outcome"] for row in await world.rows(t.attempts, "outcome")] == ["doubtful"] * 5
    assert await world.rows(t.budgets, "scope") == []
