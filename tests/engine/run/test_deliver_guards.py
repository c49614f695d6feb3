"""What stands between a planned delivery and its request: lateness, caps, pauses. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.model.consent import Mode, Terms
from engine.run.core import RunSettings
from engine.run.sweep import sweep
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


async def test_the_sweep_ends_what_is_too_late_and_leaves_what_may_be_out(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    late = {one: await world.delivery(account, state=one) for one in ("planned", "waiting", "blocked")}
    out = {one: await world.delivery(account, state=one) for one in ("doubtful", "check_needed", "sent")}
    clock.advance(timedelta(hours=23))
    young = await world.delivery(account, state="waiting")
    clock.advance(timedelta(hours=2))

    await sweep(world.core)

    ended = [await world.state(one) for one in late.values()]
    assert [(row["state"], row["reason"]) for row in ended] == [("expired", "too_late")] * 3
    assert {row["detail"] for row in ended} == {"It was due longer ago than the mapping allows."}
    assert {name: (await world.state(one))["state"] for name, one in out.items()} == {name: name for name in out}
    assert (await world.state(young))["state"] == "waiting"


async def test_the_owners_caps_delay_and_the_second_hour_goes_on(world: World, clock: FakeClock) -> None:
    account = await world.account("lea", Terms(mode=Mode.POST_FOR_ME))
    for _ in range(4):
        await world.delivery(account)

    await world.drain(account)
    first = len(world.sink.published)
    clock.advance(timedelta(hours=1, seconds=1))
    await world.drain(account)

    assert (first, len(world.sink.published)) == (2, 4)


async def test_outside_the_owners_hours_it_waits_and_then_goes(world: World, clock: FakeClock) -> None:
    opens = (clock.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    hours = (f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}",)
    account = await world.account("lea", YES.model_copy(update={"hours": hours, "zone": "UTC"}))
    delivery = await world.delivery(account, approved_at=clock.now())

    await world.drain(account)
    row = await world.state(delivery)
    lanes = await world.rows(t.lanes, "next_due_at")
    clock.advance(opens - clock.now() - timedelta(seconds=1))
    await world.drain(account)
    early = list(world.sink.begun)
    clock.advance(1)
    await world.drain(account)

    assert (row["state"], early, lanes) == ("planned", [], [{"next_due_at": opens}])
    assert row["detail"].startswith(f"The owner allows posts on {hours[0]} (UTC): approved or not, it goes out from ")
    assert ((await world.state(delivery))["state"], len(world.sink.published)) == ("sent", 1)


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
