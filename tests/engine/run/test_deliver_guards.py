"""What stands between a planned delivery and its request: lateness, caps, pauses. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from engine.contract.account import AccountKind
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.model.consent import Mode, Terms
from engine.run.core import RunSettings
from engine.run.sweep import sweep
from engine.store import apps, consents
from engine.store import tables as t
from engine.store.apps import AppRow
from tests.engine.run.world import WORKSPACE, ScriptedSink, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

YES = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)


class App(NodeConfig):
    """The app of a platform that asks until there is a permission."""

    permission: str = ""


class Scripted(AccountKind):
    """An account of that platform."""

    kind = "scripted"
    title = "Scripted"
    AppSettings = App
    example: ClassVar = {}

    @classmethod
    def releases_each(cls, app: Mapping[str, Any]) -> str:
        return "" if app["permission"] else "The platform asks."


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


async def test_a_weekend_that_the_owner_keeps_free_makes_nothing_late(world: World, clock: FakeClock) -> None:
    account = await world.account("lea", YES.model_copy(update={"days": ("mon-fri",), "zone": "UTC"}))
    clock.advance(timedelta(days=4, hours=15, minutes=10))  # Saturday, 0:10
    kept = [await world.delivery(account)]
    await world.drain(account)
    clock.advance(timedelta(hours=10))
    kept.append(await world.delivery(account))
    await world.drain(account)
    clock.advance(timedelta(hours=36))
    await sweep(world.core)
    waits = [(await world.state(one))["reason"] for one in kept]
    clock.advance(timedelta(hours=2))
    await world.drain(account)

    rows = [await world.state(one) for one in kept]
    assert waits == ["hours"] * 2
    assert [(row["state"], row["reason"]) for row in rows] == [("sent", "")] * 2


async def test_the_hours_in_which_it_might_have_gone_out_make_it_late(world: World, clock: FakeClock) -> None:
    terms = YES.model_copy(update={"max_per_day": 0, "hours": ("12:00-13:00",), "zone": "UTC"})
    account = await world.account("lea", terms)
    delivery = await world.delivery(account, max_age_s=90 * 60)
    states = []
    for minutes in (0, 210, 30, 23 * 60, 45):  # 9:00, 12:30, 13:00; 12:00 and 12:45 of the next day
        clock.advance(timedelta(minutes=minutes))
        await world.drain(account)
        states.append((await world.state(delivery))["state"])

    assert states == ["planned"] * 4 + ["expired"]


async def test_who_allows_more_hours_lets_go_what_waited_for_them(world: World, clock: FakeClock) -> None:
    opens = clock.now() + timedelta(hours=3)
    account = await world.account("lea", YES.model_copy(update={"hours": (f"{opens:%H:%M}-24:00",), "zone": "UTC"}))
    delivery = await world.delivery(account)
    await world.drain(account)
    [person] = [row["id"] for row in await world.rows(t.people, "id")]

    await world.store.write(consents.give, WORKSPACE, person, account, YES, clock.now())
    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], row["released_at"]) == ("sent", clock.now())


async def test_a_platform_that_asks_again_stops_what_was_planned_without_a_yes(world: World, clock: FakeClock) -> None:
    world.core.registry = Registry([ScriptedSink, Scripted])
    account = await world.account("lea", YES)
    asked, yes = await world.delivery(account), await world.delivery(account, approved_at=clock.now())
    await world.store.write(apps.put, AppRow(WORKSPACE, "scripted", "{}", None, clock.now()))
    await world.drain(account)
    permitted = AppRow(WORKSPACE, "scripted", '{"permission": "By letter."}', None, clock.now())
    await world.store.write(apps.put, permitted)
    later = await world.delivery(account)
    await world.drain(account)

    row, traces = await world.state(asked), await world.rows(t.traces, "delivery_id", "what", "sentence")
    assert (row["state"], row["reason"], row["detail"]) == ("waiting", "approval", "The platform asks.")
    assert traces == [{"delivery_id": asked, "what": "ask", "sentence": "The platform asks."}]
    assert [(await world.state(one))["state"] for one in (yes, later)] == ["sent", "sent"]


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
