"""Bad weather for a database: it is full, read-only, or locked, until it is fair again. On both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import asyncpg

from engine.store.unit import sqlite_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from engine.store.unit import Store

ROOM = 1_000_000


class Weather:
    """The weather over the database of a store: `break_` it, and `mend` it."""

    def __init__(self, store: Store, url: str, kind: str) -> None:
        self._store = store
        self._url = url
        self._lock: sqlite3.Connection | None = None
        self._writer: Any = None
        self.break_, self.mend = self._ways()[kind]

    def _ways(self) -> dict[str, tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]:
        return {
            "full": (lambda: self._pages(0), lambda: self._pages(ROOM)),
            "read-only": (self._forbid, self._allow),
            "locked": (self._hold, self._let_go),
            "standby": (lambda: self._server("on"), lambda: self._server("off")),
        }

    async def _pages(self, spare: int) -> None:
        def limit(connection: Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + spare}")

        await self._store.write(limit)

    async def _forbid(self) -> None:
        def forbid(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            self._writer = connection.connection.driver_connection

        await self._store.write(forbid)

    async def _allow(self) -> None:
        """Go past the store, whose next transaction would not even begin."""
        assert self._writer is not None
        self._writer.execute("PRAGMA query_only = OFF")

    async def _hold(self) -> None:
        self._lock = sqlite3.connect(str(sqlite_file(self._url)), isolation_level=None, timeout=10)
        self._lock.execute("BEGIN IMMEDIATE")

    async def _let_go(self) -> None:
        assert self._lock is not None
        with closing(self._lock) as lock:
            lock.execute("ROLLBACK")

    async def _server(self, read_only: str) -> None:
        """Let every session from now on be read-only, as after a failover to a standby, and end those that are."""
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute("SET default_transaction_read_only = off")
            name = await connection.fetchval("SELECT quote_ident(current_database())")
            await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {read_only}")
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
