"""Budgets at work: windows, money, and what a platform says of them. On both databases."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Fact, Limits, Window
from engine.contract.usage import Usage
from engine.errors import DoubtfulError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.model.budget import DOLLAR, month
from engine.model.delivery import Doubt
from engine.run.deliver import Deliverer
from engine.run.gate import Gate
from engine.run.sweep import sweep
from engine.store import accounts, budgets, mending
from engine.store import tables as t
from engine.testing.loopback import Answer, Loopback, always
from tests.engine.run.world import WORKSPACE, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.model.post import Content
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

DAY = timedelta(hours=24)
FACT = Fact("Two posts a day.", "https://x.example", date(2026, 11, 22))


class Bounded(ScriptedSink):
    """A sink with windows, a price for each post, and headers that say what is left."""

    price: Decimal | None = None

    def __init__(self, *windows: Window, doubt: Doubt = Doubt.ASK) -> None:
        super().__init__(doubt)
        self.limits = Limits(windows=windows)  # type: ignore[misc]  # of this one alone

    def cost(self, content: Content) -> Decimal | None:
        del content
        return self.price

    def usage(self, status: int, headers: Any) -> Usage | None:
        del status
        return Usage(**json.loads(headers["x-usage"])) if "x-usage" in headers else None


def window(cap: int = 2, **fields: Any) -> Window:
    return replace(Window("posts", "account", cap, DAY, FACT), **fields)


async def world_of(store: Store, clock: FakeClock, sink: Bounded) -> World:
    return await World(store, clock, sink=sink).begin()


async def told(world: World) -> list[str]:
    return [row["sentence"] for row in await world.rows(t.traces, "sentence")]


async def test_what_a_window_has_no_room_for_waits_until_it_ends_and_is_no_try(store: Store, clock: FakeClock) -> None:
    world = await world_of(store, clock, Bounded(window(2)))
    account = await world.account("acme")
    *_, third = [await world.delivery(account, max_age_s=200_000) for _ in range(3)]
    until = clock.now() + DAY

    await world.drain(account)

    row = await world.state(third)
    assert (row["state"], row["tries"], len(world.sink.published)) == ("planned", 0, 2)
    assert row["detail"].startswith("This account may publish 2 posts in 24 hours: more from ")
    assert await told(world) == [row["detail"]]
    assert (await world.rows(t.lanes, "next_due_at"))[0]["next_due_at"] == until

    clock.advance_to(until)
    await world.drain(account)
    assert len(world.sink.published) == 3


async def test_a_day_ends_at_midnight(store: Store, clock: FakeClock) -> None:
    world = await world_of(store, clock, Bounded(window(1, resets="utc midnight")))
    account = await world.account("acme")
    for _ in range(2):
        await world.delivery(account)
    await world.drain(account)
    clock.advance_to(clock.now().replace(hour=0) + DAY)
    await world.drain(account)

    assert len(world.sink.published) == 2


async def test_an_apps_window_is_one_for_all_accounts_and_never_overrun(store: Store, clock: FakeClock) -> None:
    sink = Bounded(window(7, scope="app"), window(2, name="own"))
    world = await world_of(store, clock, sink)
    ids = [await world.account(f"account {number}") for number in range(24)]
    for account in ids * 2:
        await world.delivery(account)
    workers = [world.deliverer, *(Deliverer(world.core, Gate(world.core)) for _ in range(7))]

    await asyncio.gather(*(workers[number % 8].drain(account) for number, account in enumerate(ids)))

    assert len(sink.published) == 7
    used = {(use.scope, use.who): use.used for use in await store.read(budgets.uses, WORKSPACE, clock.now())}
    assert used["app", "scripted"] == 7
    assert sum(number for (scope, _), number in used.items() if scope == "account") == 7


async def test_a_sink_without_windows_leaves_no_rows(store: Store, clock: FakeClock) -> None:
    world = await world_of(store, clock, Bounded())
    account = await world.account("acme")
    await world.delivery(account)
    await world.drain(account)

    assert (len(world.sink.published), await world.rows(t.budget_windows)) == (1, [])


async def priced(store: Store, clock: FakeClock, cap: int | None, **fields: Any) -> tuple[World, str]:
    sink = Bounded(**fields)
    sink.price = Decimal("0.20")
    world = await world_of(store, clock, sink)
    await store.write(mending.allow_money, WORKSPACE, cap, month(clock.now()), clock.now())
    return world, await world.account("acme")


async def used(world: World) -> int:
    level = await world.store.read(budgets.money, WORKSPACE)
    assert level is not None
    return level.used


async def test_what_there_is_no_money_for_is_blocked_until_the_budget_is_raised(store: Store, clock: FakeClock) -> None:
    world, account = await priced(store, clock, 250_000)
    _, second = [await world.delivery(account) for _ in range(2)]
    await world.drain(account)

    row = await world.state(second)
    assert (row["state"], row["reason"], len(world.sink.published)) == ("blocked", "money", 1)
    assert "It costs $0.20, and of the workspace's $0.25 for this month $0.05 are left." in row["detail"]

    assert await store.write(mending.allow_money, WORKSPACE, DOLLAR, month(clock.now()), clock.now()) == 1
    await world.drain(account)
    assert ((await world.state(second))["state"], await used(world)) == ("sent", 400_000)


async def test_a_new_month_has_money_again(store: Store, clock: FakeClock) -> None:
    world, account = await priced(store, clock, 200_000)
    _, second = [await world.delivery(account, max_age_s=10**7) for _ in range(2)]
    await world.drain(account)
    await sweep(world.core)
    assert (await world.state(second))["state"] == "blocked"

    clock.advance_to(month(clock.now())[1])
    await sweep(world.core)
    assert await used(world) == 0
    await world.drain(account)
    assert ((await world.state(second))["state"], await used(world)) == ("sent", 200_000)
    assert "Planned again: a new month's money has begun." in await told(world)


async def test_without_a_limit_what_is_spent_is_counted(store: Store, clock: FakeClock) -> None:
    world, account = await priced(store, clock, None)
    await world.delivery(account)
    await world.drain(account)

    assert await used(world) == 200_000


@pytest.mark.parametrize("error", [TransientError("Not reached."), RejectedError("No.", code="no")])
async def test_what_was_not_published_costs_nothing(store: Store, clock: FakeClock, error: Exception) -> None:
    world, account = await priced(store, clock, DOLLAR)
    world.sink.script = [error]
    await world.delivery(account)
    await world.drain(account)

    assert await used(world) == 0


async def test_a_doubtful_try_keeps_its_money_and_the_next_one_does_not_pay_again(
    store: Store, clock: FakeClock
) -> None:
    world, account = await priced(store, clock, DOLLAR, doubt=Doubt.IDEMPOTENT)
    world.sink.script = [DoubtfulError("Silence.")]
    await world.delivery(account)
    await world.drain(account)
    spent = await used(world)
    clock.advance(3_600)
    await world.drain(account)
    await world.drain(account)

    assert (len(world.sink.published), spent, await used(world)) == (1, 200_000, 200_000)


async def test_an_account_that_is_removed_leaves_no_windows(store: Store, clock: FakeClock) -> None:
    world = await world_of(store, clock, Bounded(window(2)))
    account = await world.account("acme")
    await world.delivery(account)
    await world.drain(account)
    await store.write(accounts.remove, WORKSPACE, [account])

    assert await world.rows(t.budget_windows) == []


async def test_a_platform_that_says_that_nothing_is_left_is_left_alone(store: Store, clock: FakeClock) -> None:
    world = await world_of(store, clock, Bounded())
    account = await world.account("acme")
    first, second = [await world.delivery(account) for _ in range(2)]
    said = Answer(headers={"x-usage": json.dumps({"percent": 96.5})})
    async with Loopback(always(said)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:

        async def publish(ctx: SendContext) -> None:
            await ctx.http.publish("POST", server.url, content=b"{}")

        world.core.http = client
        world.sink.script = [publish]
        await world.drain(account)

    assert (await world.state(first))["state"] == "sent"
    row = await world.state(second)
    assert (row["state"], row["tries"]) == ("planned", 0)
    assert row["detail"] == "scripted takes nothing more before 05 Jan 2026 09:05 UTC, as it says."
    clock.advance(301)
    await world.drain(account)
    assert (await world.state(second))["state"] == "sent"
