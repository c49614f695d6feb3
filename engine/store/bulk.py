"""Many rows by one statement with one JSON parameter: the quickest durable insert on both databases."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Integer, Table, TextClause, text

from engine.store.tables import Instant, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, CursorResult

MOST = 512
"""Rows that one statement of a batch takes: SQLite binds at most 32,766 values."""


class Batch:
    """A statement over many rows, for the path that every delivery takes; its text is made once.

    `sql` has `{given}` where the rows stand, a table of these columns, whose values are SQL types of PostgreSQL. What
    it shows is `{shown}` of the expressions in `shows`. Rows are of plain values: times are stamped.

    SQLite is given the values themselves, past the layers of Core, and shows all rows as one: reading JSON costs it
    half of a small statement, and each row that a thread fetches is a fight for the interpreter. It keeps statements by
    their text, so the rows are filled up to a power of two with empty ones.
    """

    def __init__(self, columns: dict[str, str], sql: str, *, shows: Sequence[str] = ()) -> None:
        self._columns = columns
        self._sql = sql
        self._shows = ", ".join(shows)
        self._sqlite: dict[int, str] = {}
        self._postgresql = text(sql.format(given=f"({rows_from(columns, 'postgresql')})", shown=self._shows))

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Change what the statement changes; returns how many rows that were."""
        return sum(self._execute(connection, part).rowcount for part in _parts(rows))

    def show(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Return the rows that the statement shows; on SQLite times are as they are stamped."""
        if connection.dialect.name == "sqlite":
            return [row for part in _parts(rows) for row in json.loads(self._execute(connection, part).scalar_one())]
        return [row for part in _parts(rows) for row in self._execute(connection, part).all()]

    def _execute(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> CursorResult[Any]:
        if connection.dialect.name != "sqlite":
            return connection.execute(self._postgresql, {"rows": packed(rows)})
        size = 1 << (len(rows) - 1).bit_length()
        empty = (None,) * (len(self._columns) * (size - len(rows)))
        return connection.exec_driver_sql(self._of(size), (*chain.from_iterable(rows), *empty))

    def _of(self, size: int) -> str:
        """Return the statement for SQLite with places for so many rows."""
        if size not in self._sqlite:
            names = ", ".join(f"column{place} AS {name}" for place, name in enumerate(self._columns, 1))
            values = ", ".join([f"({', '.join('?' * len(self._columns))})"] * size)
            given = f"(SELECT {names} FROM (VALUES {values}) WHERE column1 IS NOT NULL)"
            shown = f"json_group_array(json_array({self._shows}))"
            self._sqlite[size] = self._sql.format(given=given, shown=shown)
        return self._sqlite[size]


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    return (rows[start : start + MOST] for start in range(0, len(rows), MOST))


def moment(value: str | datetime) -> datetime:
    """Return a time that a batch shows."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def insert(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Iterable[Sequence[Any]], *, tail: str = ""
) -> Any:
    """Insert rows given as tuples in the order of `columns`; `tail` ends the statement (ON CONFLICT …, RETURNING …).

    Returns the result of the statement, or None where there was no row.
    """
    parameter = packed(rows)
    if parameter == "[]":
        return None
    return connection.execute(_statement(table, columns, tail, connection.dialect.name), {"rows": parameter})


def packed(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as a JSON array of arrays; times in the form that both databases read."""
    return json.dumps(list(rows), default=_plain, ensure_ascii=False, separators=(",", ":"))


def rows_from(columns: dict[str, str], dialect: str) -> str:
    """Return a SELECT over the JSON parameter `:rows` with the named columns; values are SQL types of PostgreSQL."""
    if dialect == "sqlite":
        parts = (f"json_extract(value, '$[{index}]') AS {name}" for index, name in enumerate(columns))
        return f"SELECT {', '.join(parts)} FROM json_each(:rows)"
    parts = (f"CAST(value ->> {index} AS {kind}) AS {name}" for index, (name, kind) in enumerate(columns.items()))
    return f"SELECT {', '.join(parts)} FROM json_array_elements(CAST(:rows AS json)) AS given(value)"


@lru_cache(maxsize=64)
def _statement(table: Table, columns: tuple[str, ...], tail: str, dialect: str) -> TextClause:
    types = {name: _type(table, name) for name in columns}
    # SQLite reads ON CONFLICT after a SELECT as a join without this WHERE (sqlite.org/lang_upsert.html, 2026-11-22).
    select = rows_from(types, dialect) + " WHERE true"
    return text(f"INSERT INTO {table.name} ({', '.join(columns)}) {select} {tail}")


def _type(table: Table, name: str) -> str:
    kind = table.c[name].type
    if isinstance(kind, Instant):
        return "timestamptz"
    if isinstance(kind, Boolean):
        return "boolean"
    return "integer" if isinstance(kind, Integer) else "text"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    message = f"{value!r} cannot be written as JSON."
    raise TypeError(message)
