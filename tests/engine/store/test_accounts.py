"""Accounts: names, lanes, implicit ones, losing and connecting again, leaving nothing behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.model.delivery import Reason, State
from engine.store import accounts, tables
from engine.store.accounts import LIVE, LOST, AccountRow, ImplicitSink
from engine.store.ledger import ledger

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_an_account_comes_back_as_it_was_added_and_has_a_lane(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    added = AccountRow(new_id(), workspace, "acme-page", "facebook_page", now, settings='{"page": 7}')
    await store.write(accounts.add, added)

    assert await store.read(accounts.get, workspace, added.id) == added
    assert await store.read(accounts.by_name, workspace, "acme-page") == added
    assert await store.read(accounts.listed, workspace) == [added]
    assert await rows.read(tables.lanes, "account_id", "platform", "fence", "next_due_at") == [
        (added.id, "facebook_page", 0, None)
    ]


async def test_a_name_is_taken_once_in_a_workspace(store: Store, rows: Rows) -> None:
    await rows.account("acme-page")
    with pytest.raises(ConflictError, match="An account called acme-page is there already"):
        await rows.account("acme-page")

    assert len(await rows.read(tables.lanes, "account_id")) == 1


async def test_accounts_are_found_by_several_names(store: Store, workspace: str, rows: Rows) -> None:
    one, two = await rows.account("one"), await rows.account("two")

    found = await store.read(accounts.by_names, workspace, ["two", "one", "three"])
    assert {name: row.id for name, row in found.items()} == {"one": one, "two": two}


async def test_an_account_of_another_workspace_is_not_there(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("acme-page")

    with pytest.raises(NotFoundError, match="There is no account acme-page in this workspace"):
        await store.read(accounts.by_name, "other", "acme-page")
    with pytest.raises(NotFoundError):
        await store.write(accounts.set_state, "other", account, LOST, now=now)


async def test_a_sink_without_accounts_gets_one_and_keeps_it(store: Store, workspace: str, now: datetime) -> None:
    sink = ImplicitSink(workspace, "m", "news", "hook", "webhook")
    first, again = await asyncio.gather(
        store.write(accounts.implicit, sink, now), store.write(accounts.implicit, sink, now)
    )
    other = await store.write(accounts.implicit, replace(sink, sink="second"), now)

    assert first == again != other
    there = await store.read(accounts.get, workspace, first)
    assert (there.name, there.platform, there.implicit) == ("news/hook", "webhook", True)


async def test_a_sink_that_becomes_of_another_kind_keeps_its_account(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    sink = ImplicitSink(workspace, "m", "news", "hook", "webhook")
    first = await store.write(accounts.implicit, sink, now)

    assert await store.write(accounts.implicit, replace(sink, platform="email"), now) == first
    assert (await store.read(accounts.get, workspace, first)).platform == "email"
    assert await rows.read(tables.lanes, "platform") == [("email",)]


async def test_an_account_of_a_person_is_not_taken_for_a_sink(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    await rows.account("news/hook")

    with pytest.raises(ConflictError, match="has the name that the sink hook of news needs"):
        await store.write(accounts.implicit, ImplicitSink(workspace, "m", "news", "hook", "webhook"), now)


async def test_a_lost_account_blocks_what_is_planned_and_nothing_else(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    lea, karim = await rows.account("lea"), await rows.account("karim")
    ids = {state: await rows.delivery(lea, state) for state in State}
    other = await rows.delivery(karim)

    assert await store.write(accounts.set_state, workspace, lea, LOST, note="Revoked.", now=now) == 1

    states = await rows.states()
    assert states.pop(ids.pop(State.PLANNED)) == (State.BLOCKED, Reason.ACCOUNT)
    assert states.pop(other) == (State.PLANNED, "")
    assert states == {delivery: (state, "") for state, delivery in ids.items()}
    account = await store.read(accounts.get, workspace, lea)
    assert (account.state, account.note) == (LOST, "Revoked.")


async def test_connecting_again_plans_what_the_loss_blocked_and_makes_the_lane_due(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    lea = await rows.account("lea")
    planned, waiting = await rows.delivery(lea), await rows.delivery(lea, State.WAITING, reason=Reason.APPROVAL)
    poor = await rows.delivery(lea, State.BLOCKED, reason=Reason.MONEY)
    await store.write(accounts.set_state, workspace, lea, LOST, note="Revoked.", now=now)
    later = now + timedelta(hours=1)

    assert await store.write(accounts.set_state, workspace, lea, LIVE, now=later) == 1

    assert await rows.states() == {
        planned: (State.PLANNED, ""),
        waiting: (State.WAITING, Reason.APPROVAL),
        poor: (State.BLOCKED, Reason.MONEY),
    }
    assert await rows.read(tables.lanes, "next_due_at") == [(later,)]
    assert (await store.read(accounts.get, workspace, lea)).note == ""


async def test_a_removed_account_leaves_nothing_and_the_ledger_agrees(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    lea, karim = await rows.account("lea"), await rows.account("karim")
    route = await rows.route(branches=3, planned=3)
    gone = await rows.delivery(lea, State.SENT, route_id=route, post_id="p", url="https://example.org/lea")
    sending = await rows.delivery(lea, State.SENDING, route_id=route)
    stays = await rows.delivery(karim, route_id=route, post_id="p")
    for delivery in (gone, stays):
        trace = {"id": new_id(), "post_id": "p", "delivery_id": delivery, "what": "sent", "sentence": "Out."}
        await rows.add(tables.traces, at=now, **trace)
    await rows.add(tables.pauses, scope="account", key=lea, since=now)

    assert await store.write(accounts.remove, workspace, [lea]) == [sending]

    assert list(await rows.states()) == [stays]
    assert await rows.read(tables.traces, "delivery_id") == [(stays,)]
    assert await rows.read(tables.accounts, "name") == [("karim",)]
    assert await rows.read(tables.lanes, "account_id") == [(karim,)]
    assert await rows.read(tables.pauses, "key") == []
    found = await store.read(ledger, workspace)
    assert (found.branches, found.planned, found.agrees) == (1, 1, True)
