"""Many rows by one statement arrive on both databases exactly as they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select, text

from engine.store.bulk import MOST, Batch, moment, packed, rows_from
from engine.store.bulk import insert as insert_many
from engine.store.tables import accounts, stamp, workspaces

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store

NOW = datetime(2026, 5, 4, 9, 30, 15, 123456, tzinfo=UTC)
COLUMNS = ("workspace_id", "id", "name", "platform", "person_id", "settings", "implicit", "created_at")


def _row(name: str, **values: Any) -> tuple[Any, ...]:
    given = {"platform": "webhook", "settings": "{}", "implicit": False, "created_at": NOW, **values}
    return ("w", name, name, given["platform"], None, given["settings"], given["implicit"], given["created_at"])


def _insert(connection: Connection, rows: list[tuple[Any, ...]], tail: str = "") -> list[str] | None:
    result = insert_many(connection, accounts, COLUMNS, rows, tail=tail)
    return [row[0] for row in result] if result is not None and result.returns_rows else None


def _read(connection: Connection) -> list[tuple[Any, ...]]:
    columns = [accounts.c[name] for name in COLUMNS]
    return [tuple(row) for row in connection.execute(select(*columns).order_by(accounts.c.created_at, accounts.c.id))]


TEXTS = ["Léa's", '"quoted"', "back\\slash", "👩🏽\u200d🚀", "line\nbreak", "null", "", "a" * 10_000, ":rows"]


@pytest.mark.parametrize("name", TEXTS)
async def test_texts_arrive_unchanged(store: Store, name: str) -> None:
    row = _row(name[:32], settings=name)
    await store.write(_insert, [row])

    assert await store.read(_read) == [row]


async def test_times_nulls_truths_and_order_arrive_unchanged(store: Store) -> None:
    paris = timezone(timedelta(hours=2))
    rows = [
        _row("first", created_at=NOW, implicit=True),
        _row("second", created_at=(NOW + timedelta(microseconds=1)).astimezone(paris)),
        _row("third", created_at=NOW + timedelta(days=400)),
    ]
    await store.write(_insert, rows)

    assert await store.read(_read) == rows


async def test_a_conflict_is_told_by_what_is_not_returned(store: Store) -> None:
    await store.write(_insert, [_row("there")])

    tail = "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING name"
    assert await store.write(_insert, [_row("new"), _row("there"), _row("newer")], tail) == ["new", "newer"]


async def test_no_rows_are_no_statement(store: Store) -> None:
    assert await store.write(_insert, []) is None


async def test_rows_of_a_parameter_join_as_a_table(store: Store) -> None:
    def total(connection: Connection) -> tuple[Any, ...]:
        rows = rows_from({"name": "text", "n": "integer", "at": "timestamptz"}, connection.dialect.name)
        given = packed([["a", 1, NOW], ["b", 2, None]])
        statement = text(f"SELECT count(at), sum(n), max(name) FROM ({rows}) AS given")  # noqa: S608
        return tuple(connection.execute(statement, {"rows": given}).one())

    assert await store.read(total) == (1, 3, "b")


async def test_a_value_that_is_no_json_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        packed([[object()]])


async def test_single_and_bulk_inserts_write_the_same_time(store: Store) -> None:
    def both(connection: Connection) -> int | None:
        connection.execute(insert(workspaces).values(id="a", name="a", data_key="", created_at=NOW))
        columns = ("id", "name", "data_key", "created_at")
        insert_many(connection, workspaces, columns, [("b", "b", "", NOW)])
        return connection.scalar(select(func.count(func.distinct(workspaces.c.created_at))))

    assert await store.write(both) == 1


ECHO = Batch(
    {"name": "text", "number": "integer", "at": "timestamptz"},
    "SELECT {shown} FROM {given} AS g ORDER BY g.number",
    shows=("g.name", "g.number", "g.at"),
)
RENAME = Batch(
    {"id": "text", "name": "text"}, "UPDATE accounts SET name = g.name FROM {given} AS g WHERE accounts.id = g.id"
)


@pytest.mark.parametrize("count", [0, 1, 3, 4, MOST + 1])
async def test_a_batch_shows_every_row_and_none_that_it_was_not_given(store: Store, count: int) -> None:
    rows = [(f"n{number}", number, stamp(NOW)) for number in range(count)]

    shown = await store.read(ECHO.show, rows)

    given = [(name, number, NOW) for name, number, _ in rows]
    assert [(name, number, moment(at)) for name, number, at in shown] == given


@pytest.mark.parametrize("name", TEXTS)
async def test_a_batch_shows_texts_unchanged(store: Store, name: str) -> None:
    assert [row[0] for row in await store.read(ECHO.show, [(name, 1, None)])] == [name]


async def test_a_batch_counts_what_it_changes(store: Store) -> None:
    await store.write(_insert, [_row(name) for name in ("first", "second", "third")])

    changed = await store.write(RENAME.run, [("first", "one"), ("third", "three"), ("fourth", "four")])

    assert changed == 2
    assert {row[2] for row in await store.read(_read)} == {"one", "second", "three"}
