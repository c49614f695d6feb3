"""One after the other: who changes a thing by what they have seen of it waits for who is changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def take(connection: Connection, name: str) -> None:
    """Wait until nobody else has that turn, and keep it until the end of the transaction; SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"name": name})
