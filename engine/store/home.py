"""Whether a PostgreSQL database still is where its rows were written, or was read back from a dump.

A row keeps the number of the transaction that wrote it, which no dump carries: a row that names its own is believed
where it stands, and nowhere else. In a database that was read back, the number is another, and it is that of its
neighbour, too, since rows are copied together (postgresql.org/docs/18/ddl-system-columns.html, read 2026-11-23).
SQLite's files are copied whole: there only `chappe restore` knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from engine.store.unit import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

HOME: Final = "home"
"""The value of the instance that names the transaction which wrote it."""

_SETTLE: Final = text(
    "INSERT INTO instance (workspace_id, key, value) VALUES ('', :key, (txid_current() % 4294967296)::text)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_STRANGE: Final = text(
    "SELECT h.xmin::text <> h.value OR EXISTS (SELECT 1 FROM instance o WHERE o.key = :other AND o.xmin = h.xmin)"
    " FROM instance h WHERE h.key = :key"
)


def settle(connection: Connection) -> None:
    """Believe this database from now on."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SETTLE, {"key": HOME})


def is_strange(connection: Connection, other: str) -> bool | None:
    """Tell whether the database was read back, None where nobody has settled; `other` is a value of other times."""
    if connection.dialect.name != "postgresql":
        return False
    found: bool | None = connection.scalar(_STRANGE, {"key": HOME, "other": other})
    return found


def keep(connection: Connection, other: str) -> None:
    """Settle where nobody has. Raises StoreError in a database that was read back, and not reconciled yet."""
    strange = is_strange(connection, other)
    if strange:
        message = (
            "This database was read back from a dump, and what has gone out since is not known: nothing is sent. Run "
            "`chappe restore --in-place`, which pauses everything and looks. Where the database has only moved, and "
            "the one before has ended for good, run `chappe restore --moved`."
        )
        raise StoreError(message)
    if strange is None:
        settle(connection)
