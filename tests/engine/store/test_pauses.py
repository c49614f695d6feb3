"""Pause switches of every scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from engine.ids import new_id
from engine.store import accounts, pauses
from engine.store.accounts import AccountRow
from engine.store.pauses import Pause, Scope
from engine.store.tables import lanes

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_each_scope_is_paused_and_resumed_by_itself(store: Store, workspace: str, now: datetime) -> None:
    keys = {
        Scope.EVERYTHING: "",
        Scope.WORKSPACE: workspace,
        Scope.PLATFORM: "x",
        Scope.ACCOUNT: "a",
        Scope.MAPPING: "m",
    }
    for scope, key in keys.items():
        await store.write(pauses.pause, workspace, scope, key, now=now)
    assert await store.read(pauses.paused, workspace) == set(keys.items())

    for scope, key in list(keys.items()):
        assert await store.write(pauses.resume, workspace, scope, key, now=now)
        del keys[scope]
        assert await store.read(pauses.paused, workspace) == set(keys.items())


async def test_a_pause_of_the_instance_holds_for_every_workspace(store: Store, workspace: str, now: datetime) -> None:
    await store.write(pauses.pause, "", Scope.EVERYTHING, now=now)

    assert await store.read(pauses.paused, workspace) == {("everything", "")}
    assert not await store.write(pauses.resume, workspace, Scope.EVERYTHING, now=now)
    assert await store.write(pauses.resume, "", Scope.EVERYTHING, now=now)


async def test_a_pause_of_another_workspace_does_not_hold(store: Store, workspace: str, now: datetime) -> None:
    await store.write(pauses.pause, "other", Scope.WORKSPACE, now=now)

    assert await store.read(pauses.paused, workspace) == frozenset()
    assert await store.read(pauses.paused, "other") == {("workspace", "other")}


async def test_pausing_again_keeps_the_time_and_takes_the_reason(store: Store, workspace: str, now: datetime) -> None:
    await store.write(pauses.pause, workspace, Scope.MAPPING, "m", reason="a typing error", now=now)
    later = now + timedelta(hours=1)
    await store.write(pauses.pause, workspace, Scope.MAPPING, "m", reason="a wrong picture", now=later)

    assert await store.read(pauses.listed, workspace) == [Pause(workspace, "mapping", "m", now, "a wrong picture")]


async def test_resuming_what_runs_tells_so(store: Store, workspace: str, now: datetime) -> None:
    assert not await store.write(pauses.resume, workspace, Scope.PLATFORM, "x", now=now)


async def test_what_goes_on_is_looked_at_at_once(store: Store, rows: Rows, now: datetime) -> None:
    account = new_id()
    row = AccountRow(account, rows.workspace, "acme", "x", now)
    await store.write(accounts.add, row)
    later = update(lanes).values(next_due_at=now + timedelta(seconds=30))
    await store.write(lambda connection: connection.execute(later).rowcount)
    await store.write(pauses.pause, rows.workspace, Scope.ACCOUNT, account, now=now)

    assert await store.write(pauses.resume, rows.workspace, Scope.ACCOUNT, account, now=now)

    assert await store.read(lambda connection: connection.scalar(select(lanes.c.next_due_at))) == now
