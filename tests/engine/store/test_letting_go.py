"""A platform that had us wait is tried again when a person says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.model.delivery import State
from engine.store import budgets, desk, tables
from engine.store.apps import AppRow
from engine.store.pauses import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


async def refused(rows: Rows, account: str, now: datetime) -> str:
    """Add a delivery that its platform has put off for an hour."""
    delivery = await rows.delivery(account, due_at=now + HOUR - SECOND)
    await rows.add(
        tables.attempts, id=new_id(), delivery_id=delivery, account_id=account, content_id="c", number=1, key="k",
        frozen_at=now, request_hash="", fence=1, started_at=now, ended_at=now, outcome="rate_limited",
    )  # fmt: skip
    return delivery


async def due(rows: Rows) -> dict[str, datetime]:
    """Return when each delivery is due."""
    return dict(await rows.read(tables.deliveries, "id", "due_at"))


async def held(rows: Rows) -> dict[str, datetime | None]:
    """Return until when each bucket is held."""
    return dict(await rows.read(tables.budgets, "key", "held_until"))


async def test_resuming_a_platform_tries_at_once_what_it_refused(store: Store, rows: Rows, now: datetime) -> None:
    mine, other = await rows.account("lea", platform="x"), await rows.account("acme", platform="linkedin")
    for platform in ("x", "linkedin"):
        await store.write(budgets.hold, rows.workspace, "platform", platform, now + HOUR, "No credits are left.")
    waits, slot = await refused(rows, mine, now), await rows.delivery(mine, due_at=now + DAY)
    unready = await rows.delivery(mine, due_at=now + HOUR)
    sent = await rows.delivery(mine, State.SENT, due_at=now + DAY)
    elsewhere = await refused(rows, other, now)

    assert await store.write(desk.resume, rows.workspace, Scope.PLATFORM, "x", now=now) == (False, True)

    assert await due(rows) == {
        waits: now,
        unready: now,
        slot: now + DAY,
        sent: now + DAY,
        elsewhere: now + HOUR - SECOND,
    }
    assert await held(rows) == {"x": None, "linkedin": now + HOUR}
    assert await store.write(desk.resume, rows.workspace, Scope.PLATFORM, "x", now=now) == (False, False)


async def test_setting_an_app_ends_the_hold_of_its_platform(store: Store, rows: Rows, now: datetime) -> None:
    waits = await refused(rows, await rows.account("acme"), now)
    await store.write(budgets.hold, rows.workspace, "platform", "linkedin", now + HOUR, "An old version.")

    assert await store.write(desk.put_app, AppRow(rows.workspace, "linkedin", "{}", None, now)) == (0, True)

    assert await due(rows) == {waits: now}
    assert await held(rows) == {"linkedin": None}


async def test_a_hold_that_is_over_or_of_an_account_is_no_hold_of_the_platform(
    store: Store, rows: Rows, now: datetime
) -> None:
    await store.write(budgets.hold, rows.workspace, "platform", "x", now, "Over.")
    await store.write(budgets.hold, rows.workspace, "account", "lea", now + HOUR, "Slow down.")

    assert not await store.write(budgets.let_go, rows.workspace, "x", now)
    assert (await held(rows))["lea"] == now + HOUR
