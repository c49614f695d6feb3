"""What stands between a planned delivery and its request: lateness, caps, pauses. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.model.consent import Mode, Terms
from engine.run.core import RunSettings
from engine.store import tables as t
from tests.engine.run.world import WORKSPACE, World

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

YES = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock).begin()


async def test_too_late_is_expired_and_not_sent(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    clock.advance(timedelta(hours=25))

    await world.drain(account)

    assert ((await world.state(delivery))["state"], world.sink.begun) == ("expired", [])


async def test_the_owners_caps_delay_and_the_second_hour_goes_on(world: World, clock: FakeClock) -> None:
    account = await world.account("lea", Terms(mode=Mode.POST_FOR_ME))
    for _ in range(4):
        await world.delivery(account)

    await world.drain(account)
    first = len(world.sink.published)
    clock.advance(timedelta(hours=1, seconds=1))
    await world.drain(account)

    assert (first, len(world.sink.published)) == (2, 4)


async def test_company_accounts_are_capped_by_setting(world: World, clock: FakeClock) -> None:
    world.core.settings = replace(RunSettings(), company_per_hour=1)
    account = await world.account("acme")
    for _ in range(2):
        await world.delivery(account)

    await world.drain(account)
    first = len(world.sink.published)
    clock.advance(timedelta(hours=1, seconds=1))
    await world.drain(account)

    assert (first, len(world.sink.published)) == (1, 2)


async def test_every_pause_stops_the_next_claim_and_its_end_lets_it_go(world: World, clock: FakeClock) -> None:
    account = await world.account("lea", YES)
    delivery = await world.delivery(account)
    scopes = [
        ("everything", ""), ("workspace", WORKSPACE), ("platform", "scripted"), ("mapping", world.mapping_id),
        ("account", account),
    ]  # fmt: skip
    for scope, key in scopes:
        await world.add(t.pauses, workspace_id=WORKSPACE, scope=scope, key=key, since=clock.now(), reason="Crisis")
        await world.drain(account)
        row = await world.state(delivery)
        assert (row["state"], world.sink.begun, "paused: Crisis." in row["detail"]) == ("planned", [], True)
        clock.advance(31)
        await world.execute(t.pauses.delete())

    await world.drain(account)

    assert (await world.state(delivery))["state"] == "sent"


async def test_a_paused_mapping_leaves_the_accounts_other_mappings_alone(world: World, clock: FakeClock) -> None:
    other = await World(world.store, clock, sink=world.sink).join(world, "other")
    account = await world.account("acme")
    paused, goes_on = await world.delivery(account), await other.delivery(account)
    pause = {"scope": "mapping", "key": world.mapping_id, "since": clock.now(), "reason": ""}
    await world.add(t.pauses, workspace_id=WORKSPACE, **pause)

    await world.drain(account)

    assert [(await world.state(one))["state"] for one in (paused, goes_on)] == ["planned", "sent"]
