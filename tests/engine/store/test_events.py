"""Events are written with what they tell, and a reader who goes on from a place misses none."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text, update

from engine.ids import new_id
from engine.model.delivery import State
from engine.model.event import KINDS
from engine.store import accounts, events, mails, operations, pauses, routes, tables
from engine.store.events import START, Wanted, news
from engine.store.mails import Fate, Mail, MailState
from engine.store.operations import OperationRow
from engine.store.pauses import Scope
from engine.store.routes import Extension
from engine.store.unit import PostgresStore

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def _told(store: Store, place: str = START) -> list[events.Event]:
    return await store.read(events.after, place, 100)


async def _move(store: Store, delivery_id: str, state: State, detail: str, now: datetime) -> None:
    def move(connection: Connection) -> None:
        mine = update(tables.deliveries).where(tables.deliveries.c.id == delivery_id)
        connection.execute(mine.values(state=state, detail=detail, url="https://x.test/1", updated_at=now))

    await store.write(move)


async def test_whatever_changes_a_delivery_tells_so(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    delivery = await rows.delivery(account)
    for state in (State.SENDING, State.PLANNED, State.SENDING, State.DOUBTFUL, State.SENT, State.SENT):
        await _move(store, delivery, state, f"now {state}", now)

    told = await _told(store)

    assert [each.kind for each in told] == ["delivery.doubtful", "delivery.sent"]
    sent = told[1]
    assert (sent.mapping, sent.node, sent.account, sent.delivery_id) == ("news", "out", "lea", delivery)
    assert (sent.workspace_id, sent.at) == (rows.workspace, now)
    assert json.loads(sent.document) == {"reason": "", "detail": "now sent", "url": "https://x.test/1"}


async def test_a_change_that_is_undone_tells_nothing(store: Store, rows: Rows, now: datetime) -> None:
    delivery = await rows.delivery(await rows.account("lea"))

    def fails(connection: Connection) -> None:
        connection.execute(update(tables.deliveries).values(state=State.SENT, updated_at=now))
        raise LookupError(delivery)

    with pytest.raises(LookupError):
        await store.write(fails)

    assert await _told(store) == []


async def test_the_states_that_are_told_are_those_that_are_explained() -> None:
    told = {f"delivery.{state}" for state in State if state is not State.SENDING}

    assert told == {kind for kind in KINDS if kind.startswith("delivery.")}


async def test_what_waits_for_approval_is_told_when_it_is_planned(store: Store, rows: Rows) -> None:
    account = await rows.account("lea")
    await rows.delivery(account)
    await rows.delivery(account, State.WAITING, reason="approval")
    await rows.delivery(account, State.WAITING, reason="telling")

    assert [each.kind for each in await _told(store)] == ["approval.wanted", "delivery.waiting"]


async def test_accounts_and_pauses_tell_once(store: Store, rows: Rows, workspace: str, now: datetime) -> None:
    account = await rows.account("lea")
    for state in ("lost", "lost", "live"):
        await store.write(accounts.set_state, workspace, account, state, note="Revoked.", now=now)
    await store.write(pauses.pause, workspace, Scope.ACCOUNT, account, reason="A crisis.", now=now)
    await store.write(pauses.pause, workspace, Scope.ACCOUNT, account, reason="Still one.", now=now)
    await store.write(pauses.resume, workspace, Scope.ACCOUNT, account, now=now)
    await store.write(pauses.resume, workspace, Scope.ACCOUNT, account, now=now)

    told = await _told(store)

    assert [each.kind for each in told] == ["account.lost", "account.live", "pause.set", "pause.set", "pause.lifted"]
    assert json.loads(told[0].document) == {"detail": "Revoked."}
    assert json.loads(told[4].document) == {"scope": "account", "key": account}


async def test_a_routed_post_a_lost_mail_and_the_end_of_long_work_are_told_once(
    store: Store, rows: Rows, workspace: str, now: datetime
) -> None:
    route = await rows.route(state=routes.NEW)
    walked = Extension(route, workspace, "v", ends=routes.Ends(dropped=1))
    mail = Mail(new_id(), workspace, "ask", "k", "lea@example.org", due_at=now, until=now, created_at=now)
    lost = Fate(MailState.REFUSED, "No such user.", now)
    work = OperationRow(new_id(), workspace, "plan", "running", "Ana", "p", now, now)
    await store.write(mails.add, mail)
    await store.write(operations.begin, work)

    for _ in range(2):
        await store.write(routes.extend, walked, [], "news", now)
        await store.write(mails.settle, mail, lost)
        await store.write(operations.end, replace(work, state="done", ended_at=now))

    told = await _told(store)
    assert [each.kind for each in told] == ["post.routed", "mail.given_up", "operation.ended"]
    assert (told[0].mapping, json.loads(told[0].document)) == ("news", {"deliveries": 0})
    assert json.loads(told[1].document)["detail"] == "No such user."
    assert json.loads(told[2].document) == {"operation": work.id, "kind": "plan", "state": "done", "detail": ""}


async def test_a_mail_of_the_instance_is_nobody_elses_matter(store: Store, now: datetime) -> None:
    code = Mail(new_id(), "", "code", "k", "lea@example.org", due_at=now, until=now, created_at=now)
    await store.write(mails.add, code)
    assert await store.write(mails.settle, code, Fate(MailState.GIVEN_UP, "No answer.", now))
    assert await _told(store) == []


async def test_a_reader_goes_on_where_it_was(store: Store, workspace: str, now: datetime) -> None:
    for number in range(3):
        await store.write(events.write, [news(workspace, "pause.set", now, {"n": number})])
    first = (await store.read(events.after, START, 1))[0]

    assert [json.loads(each.document)["n"] for each in await _told(store, first.id)] == [1, 2]
    newest = await store.read(events.head)
    assert await _told(store, newest) == []
    assert await store.read(events.known, newest) == newest


async def test_what_is_wanted_of_a_long_past_is_read_in_parts(store: Store, workspace: str, now: datetime) -> None:
    kinds = ["pause.set", "pause.lifted", "pause.set", "pause.set", "pause.lifted"]
    for number, kind in enumerate(kinds):
        await store.write(events.write, [news(workspace, kind, now, {"n": number})])
    await store.write(events.write, [news("0" * 32, "pause.lifted", now, {"n": "another's"})])
    want, until = Wanted(workspace, kinds=frozenset({"pause.lifted"})), await store.read(events.head)
    place, parts = START, []
    while place < until:
        found, place = await store.read(events.wanted, place, until, want, 2)
        parts.append([json.loads(each.document)["n"] for each in found])

    assert parts == [[1], [], [4]]
    assert await store.read(events.wanted, START, until, Wanted(workspace, node="none"), 50) == ([], until)


async def test_nothing_appears_below_what_a_reader_has_seen(postgres_url: str, now: datetime) -> None:
    store = PostgresStore(postgres_url)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store._writing.begin() as connection:  # noqa: SLF001  # a transaction that stays open
            await connection.run_sync(events.write, [news("", "pause.set", now, {"who": "slow"})])
            began.set()
            await go_on.wait()

    task = asyncio.create_task(slow())
    await began.wait()
    await store.write(events.write, [news("", "pause.set", now, {"who": "quick"})])
    assert await _told(store) == []  # the slow one stands below it, and is not there yet
    go_on.set()
    await task

    assert [json.loads(each.document)["who"] for each in await _told(store)] == ["slow", "quick"]
    await store.close()


async def test_a_database_restored_elsewhere_keeps_its_order(postgres_url: str, now: datetime) -> None:
    store = PostgresStore(postgres_url)
    await store.write(events.write, [news("", "pause.set", now, {"n": 1}), news("", "pause.set", now, {"n": 2})])
    far = text("UPDATE events SET tx = 1000000000000")
    await store.write(lambda connection: connection.execute(far).rowcount)
    remembered = f"{10**12:016x}{1:016x}"
    first = await store.read(lambda connection: connection.execute(text("SELECT min(seq) FROM events")).scalar_one())

    await store.write(events.settle)
    await store.write(events.write, [news("", "pause.set", now, {"n": 3})])

    assert [json.loads(each.document)["n"] for each in await _told(store)] == [1, 2, 3]
    place = await store.read(events.known, f"{remembered[:16]}{first:016x}")
    assert [json.loads(each.document)["n"] for each in await _told(store, place)] == [2, 3]
    await store.close()


async def test_old_events_go(store: Store, workspace: str, now: datetime) -> None:
    for age in (3, 2, 1):
        await store.write(events.write, [news(workspace, "pause.set", now - timedelta(days=age), {"age": age})])

    assert await store.write(events.retire, now - timedelta(days=1), 1) == 1
    assert await store.write(events.retire, now - timedelta(days=1), 10) == 1
    assert [json.loads(each.document)["age"] for each in await _told(store)] == [1]
