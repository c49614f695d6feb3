"""Sources are found when they are due, polled by one at a time, and given back with what the poll found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from engine.graph import FirstRun
from engine.ids import new_id
from engine.store import bulk, pauses, sources, tables
from engine.store.sources import FREE, Finish, SourceRow, Take, read_first_run, write_first_run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

LEASE = timedelta(seconds=90)


async def add(rows: Rows, now: datetime, name: str = "page", **values: Any) -> str:
    source_id = new_id()
    row = {"kind": "feed", "identity": source_id, "settings": "{}", "every_s": 900, "created_at": now} | values
    await rows.add(tables.sources, **{"id": source_id, "name": name, "next_poll_at": now} | row)
    return source_id


async def take(store: Store, source_id: str, now: datetime) -> SourceRow | None:
    (row,) = await store.write(sources.take, [Take(source_id, now, now + LEASE)])
    return row


async def taken(store: Store, source_id: str, now: datetime) -> SourceRow:
    row = await take(store, source_id, now)
    assert row is not None
    return row


def ended(source_id: str, now: datetime, **values: Any) -> Finish:
    end = Finish(source_id, lease=now + LEASE, at=now, next_poll_at=now + timedelta(minutes=15), read=True)
    return end._replace(**values)


def run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


async def row_of(store: Store, rows: Rows, source_id: str) -> SourceRow:
    return next(row for row in await store.read(sources.listed, rows.workspace) if row.id == source_id)


async def test_due_sources_come_longest_waiting_first_and_no_more_than_asked(
    store: Store, rows: Rows, now: datetime
) -> None:
    late = await add(rows, now, next_poll_at=now - timedelta(minutes=2))
    later = await add(rows, now, next_poll_at=now - timedelta(minutes=5))
    await add(rows, now, next_poll_at=now + timedelta(seconds=1))
    await add(rows, now, next_poll_at=None)
    assert await store.read(sources.due, now, 10) == [later, late]
    assert await store.read(sources.due, now, 1) == [later]


async def test_two_schedulers_poll_once(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now)
    row = await taken(store, source_id, now)
    assert (row.id, row.cursor, row.polling_until) == (source_id, None, now + LEASE)
    assert await take(store, source_id, now) is None
    assert await store.read(sources.due, now, 10) == []


async def test_a_source_that_is_not_due_is_not_taken(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now, next_poll_at=now + timedelta(minutes=1))
    assert await take(store, source_id, now) is None


async def test_the_lease_of_a_dead_poll_ends(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now)
    await taken(store, source_id, now)
    later = now + LEASE
    assert await store.read(sources.due, later, 10) == [source_id]
    await taken(store, source_id, later)
    assert not await store.write(sources.finish, ended(source_id, now, cursor="old"))
    assert await store.write(sources.finish, ended(source_id, later, cursor="new"))
    assert (await row_of(store, rows, source_id)).cursor == "new"


async def test_a_poll_that_read_moves_the_cursor_and_ends_a_row_of_failures(
    store: Store, rows: Rows, now: datetime
) -> None:
    source_id = await add(rows, now, failures=3, state="failing", note="It was broken.")
    await taken(store, source_id, now)
    await store.write(sources.finish, ended(source_id, now, cursor="c1", note="One odd entry."))
    row = await row_of(store, rows, source_id)
    assert (row.cursor, row.failures, row.state, row.note) == ("c1", 0, "live", "One odd entry.")
    assert (row.last_poll_at, row.polling_until) == (now, FREE)
    assert row.next_poll_at == now + timedelta(minutes=15)
    assert row.is_known


async def test_a_poll_that_failed_keeps_the_cursor_and_says_why(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now, cursor="c1")
    await taken(store, source_id, now)
    await store.write(sources.finish, ended(source_id, now, read=False, failures=1, note="Nobody listens there."))
    row = await row_of(store, rows, source_id)
    assert (row.cursor, row.failures, row.state, row.note) == ("c1", 1, "failing", "Nobody listens there.")
    assert row.last_poll_at is None
    assert not row.is_known


async def test_sources_are_taken_and_given_back_together(store: Store, rows: Rows, now: datetime) -> None:
    ready = [await add(rows, now, cursor="c0", note="Kept.") for _ in range(3)]
    early = await add(rows, now, next_poll_at=now + timedelta(minutes=1))
    taken = await store.write(sources.take, [Take(one, now, now + LEASE) for one in (*ready, early)])
    assert [row and row.id for row in taken] == [*ready, None]
    ends = [ended(ready[0], now), ended(ready[1], now, cursor="c1"), ended(ready[2], now - timedelta(seconds=1))]
    assert await store.write(sources.rest, ends) == [True, True, False]
    found = {row.id: row for row in await store.read(sources.listed, rows.workspace)}
    assert [found[one].cursor for one in ready] == ["c0", "c1", "c0"]
    assert [found[one].polling_until for one in ready] == [FREE, FREE, now + LEASE]
    assert [found[one].last_poll_at for one in ready] == [now, now, None]
    assert found[ready[0]].note == "Kept."


async def test_a_source_with_nothing_new_ends_a_row_of_failures(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now, failures=2, state="failing", note="Nobody listens there.")
    await taken(store, source_id, now)
    await store.write(sources.rest, [ended(source_id, now)])
    row = await row_of(store, rows, source_id)
    assert (row.failures, row.state, row.note) == (0, "live", "")


async def test_a_source_with_held_posts_says_so_whatever_later_polls_find(
    store: Store, rows: Rows, now: datetime
) -> None:
    source_id = await add(rows, now)
    await store.write(sources.remark, source_id, now, note="Nine posts at once.", held=True)
    held = await row_of(store, rows, source_id)
    assert (held.state, held.note, held.last_new_at) == ("held", "Nine posts at once.", now)
    for end in (ended(source_id, now, read=False, failures=1, note="Broken."), ended(source_id, now)):
        await store.write(sources.poll_now, source_id, now)
        await taken(store, source_id, now)
        await store.write(sources.finish, end)
    row = await row_of(store, rows, source_id)
    assert row.state == "held"
    assert row.note == "Posts are held until you look at them and run `chappe sources release page`."


async def test_a_source_that_nobody_reads_any_more_is_not_planned_again(
    store: Store, rows: Rows, now: datetime
) -> None:
    source_id = await add(rows, now)
    await taken(store, source_id, now)
    await store.write(run, "UPDATE sources SET next_poll_at = NULL")
    await store.write(sources.finish, ended(source_id, now))
    assert (await row_of(store, rows, source_id)).next_poll_at is None
    assert not await store.write(sources.poll_now, source_id, now)


@pytest.mark.parametrize("values", [{}, {"read": False, "failures": 1}, {"cursor": None}])
async def test_who_asks_for_a_poll_during_one_gets_another(
    store: Store, rows: Rows, now: datetime, values: dict[str, Any]
) -> None:
    source_id = await add(rows, now)
    await taken(store, source_id, now)
    asked = now + timedelta(seconds=2)
    await store.write(sources.poll_now, source_id, asked)
    end = ended(source_id, now, **values)
    await (store.write(sources.rest, [end]) if "cursor" in values else store.write(sources.finish, end))
    assert (await row_of(store, rows, source_id)).next_poll_at == asked


async def test_a_person_may_have_a_source_polled_now(store: Store, rows: Rows, now: datetime) -> None:
    source_id = await add(rows, now, next_poll_at=now + timedelta(hours=1))
    assert await store.write(sources.poll_now, source_id, now)
    assert await store.read(sources.due, now, 10) == [source_id]


@pytest.mark.parametrize("scope", ["everything", "workspace"])
async def test_nothing_is_polled_while_it_is_paused(
    store: Store, rows: Rows, now: datetime, scope: pauses.Scope
) -> None:
    source_id = await add(rows, now)
    await store.write(pauses.pause, rows.workspace, scope, "", now=now)
    assert await store.read(sources.due, now, 10) == []
    assert await take(store, source_id, now) is None
    await store.write(pauses.resume, rows.workspace, scope, now=now)
    assert await store.read(sources.due, now, 10) == [source_id]


async def test_ten_thousand_sources_cost_one_query_over_an_index(store: Store, rows: Rows, now: datetime) -> None:
    columns = ("workspace_id", "id", "name", "kind", "identity", "settings", "every_s", "next_poll_at", "created_at")
    many = [
        (rows.workspace, f"{n:032x}", "page", "feed", f"{n}", "{}", 900, now + timedelta(seconds=n - 2), now)
        for n in range(10_000)
    ]
    await store.write(lambda connection: bulk.insert(connection, tables.sources, columns, many) and None)
    explain = "EXPLAIN QUERY PLAN" if store.dialect == "sqlite" else "EXPLAIN"
    asked: list[tuple[str, Any]] = []

    def look(connection: Connection) -> tuple[list[str], str]:
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        found = sources.due(connection, now, 200)
        ((statement, values),) = [one for one in asked if one[0] != "BEGIN"]
        return found, " ".join(map(str, connection.exec_driver_sql(f"{explain} {statement}", values)))

    await store.write(run, "ANALYZE")
    found, plan = await store.read(look)
    assert found == [f"{n:032x}" for n in range(3)]
    assert "ix_sources_due" in plan


@pytest.mark.parametrize(
    "wish", [FirstRun(), FirstRun(last=3), FirstRun(since=datetime.fromisoformat("2026-01-31T00:00+01:00"))]
)
def test_what_a_join_asks_of_older_posts_is_kept(wish: FirstRun) -> None:
    assert read_first_run(write_first_run(wish)) == wish
    assert read_first_run("nothing") == FirstRun()
