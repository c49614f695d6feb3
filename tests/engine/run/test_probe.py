"""A probe: what got no answer is sent once more, and a refusal that names the original tells that it is out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import DoubtfulError, RejectedError
from engine.model.delivery import Doubt
from engine.store import tables as t
from tests.engine.run.world import ScriptedSink, World

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

SILENCE = DoubtfulError("No answer.")
THERE = RejectedError("It is there.", code="duplicate", original="urn:7", url="https://example.org/urn:7")


class Probing(ScriptedSink):
    """A platform that knows the same post again for nine minutes."""

    probe_within = timedelta(minutes=9)


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock, sink=Probing(Doubt.PROBE)).begin()


async def until_the_end(world: World, step: float) -> None:
    for _ in range(8):
        for account in await world.rows(t.accounts, "id"):
            await world.drain(account["id"])
        world.clock.advance(step)


@pytest.mark.parametrize(
    ("script", "state", "remote_id"),
    [
        ([SILENCE, THERE], "sent", "urn:7"),
        ([SILENCE, None], "sent", "the key"),
        ([SILENCE, SILENCE], "check_needed", None),
        ([THERE], "rejected", None),
    ],
    ids=["it was out", "it was not", "silence again", "out before the first try"],
)
async def test_the_second_try_tells(world: World, script: list[Any], state: str, remote_id: str | None) -> None:
    delivery = await world.delivery(await world.account("lea"))
    world.sink.script = list(script)

    await until_the_end(world, 40)

    row = await world.state(delivery)
    assert (row["state"], row["remote_id"]) == (state, delivery if remote_id == "the key" else remote_id)
    assert len(world.sink.begun) == len(script)
    assert len({one["request_hash"] for one in await world.rows(t.attempts)}) == 1, "byte for byte the same"
    if remote_id == "urn:7":
        assert row["url"] == "https://example.org/urn:7"


async def test_later_than_the_platform_remembers_nothing_is_sent_again(world: World, clock: FakeClock) -> None:
    account = await world.account("lea")
    delivery = await world.delivery(account)
    world.sink.script = [SILENCE]
    await world.drain(account)

    clock.advance(9 * 60)
    await world.drain(account)

    assert (await world.state(delivery))["state"] == "check_needed"
    assert len(world.sink.begun) == 1


async def test_what_is_planned_again_in_time_and_comes_too_late_is_not_sent(world: World, clock: FakeClock) -> None:
    account = await world.account("lea")
    delivery = await world.delivery(account)
    world.sink.script = [SILENCE]
    await world.drain(account)
    clock.advance(40)
    now = clock.now()
    await world.execute(t.deliveries.update().values(state="planned", due_at=now + timedelta(minutes=20)))
    await world.execute(t.attempts.update().values(outcome="doubtful"))

    clock.advance(21 * 60)
    await world.drain(account)

    row = await world.state(delivery)
    assert row["state"] == "rejected"
    assert "too late to ask" in row["detail"]
    assert len(world.sink.begun) == 1
