"""One transaction at a time: the only place that commits.

All store code is synchronous functions over a SQLAlchemy `Connection`. A `Store` runs them: on SQLite in one writer
thread, which takes every unit that waits into one transaction (group commit), and in a few reader threads; on
PostgreSQL over asyncpg in a greenlet. A unit may therefore be run twice: it must do nothing but read and write
rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from engine.errors import ChappeError
from engine.store import vanishing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.pool import Pool as ConnectionPool

T = TypeVar("T")
P = ParamSpec("P")
F = TypeVar("F", bound="Callable[..., Any]")

READERS = 3
BUSY_MS = 5_000
GROUP_MOST = 500
TRIES = 3
POOL_WAIT_S = 30.0


def no_snapshot(unit: F) -> F:
    """Mark a unit that reads by one statement, or by several that may see different moments.

    On PostgreSQL it goes without a transaction around it, whose begin and end are round trips of their own.
    """
    unit.__dict__[_LOOSE] = True
    return unit


_LOOSE = "needs_no_snapshot"


class StoreError(ChappeError):
    """The database could not do it: full, locked, read-only, gone. Nothing of the unit was kept."""


class Store(Protocol):
    """Runs units of work; the two forms behave alike."""

    dialect: str

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction of its own or shared with others; returns after the commit.

        Whoever stops waiting does not stop the unit.
        """

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, on a snapshot, unless it needs none."""

    async def close(self) -> None:
        """Finish what waits and close every connection."""


def open_store(url: str, *, busy_ms: int = BUSY_MS) -> Store:
    """Open the database of that URL: `sqlite:///PATH` or `postgresql://…`.

    `busy_ms` is how long SQLite waits for a lock that another process holds.
    """
    if url.startswith("sqlite:"):
        return SqliteStore(url, busy_ms=busy_ms)
    if url.startswith("postgresql:"):
        return PostgresStore(url)
    message = "The database URL must begin with `sqlite:///` or `postgresql://`."
    raise StoreError(message)


class Pool(NamedTuple):
    """Connections to the database that are in use, how many there may be, and units that wait for SQLite's writer."""

    busy: int
    size: int
    waiting: int = 0


def pool_of(store: Store) -> Pool | None:
    """Return how the connections of a store are used at this moment; None where it is none of ours."""
    return store.pool() if isinstance(store, SqliteStore | PostgresStore) else None


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite URL, None for PostgreSQL."""
    address = make_url(url)
    return Path(address.database or "") if address.drivername.startswith("sqlite") else None


def explained(error: DBAPIError | PoolTimeoutError) -> StoreError:
    """Say in a sentence what the database objects to and what to do."""
    if isinstance(error, PoolTimeoutError):
        return StoreError(_ALL_TAKEN)
    text = str(error.orig)
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    sentence = _STATES.get(getattr(error.orig, "sqlstate", None) or "") or _CODES.get(code)
    if sentence is None and text.startswith("no such table"):  # SQLite has no code for it
        sentence = no_database()
    return StoreError(sentence or f"The database refused: {text.splitlines()[0] if text else type(error).__name__}")


def no_database(place: str = "yet") -> str:
    """Say that no tables are there, and what to do; `place` is where they were looked for, as far as it is known."""
    told = "run `chappe init`, or say with CHAPPE_DATABASE_URL or CHAPPE_DATA_DIR where it is."
    return f"There is no database {place}: {told}"


_ALL_TAKEN = (
    "Every connection to the database was in use for too long: it is overloaded, or something holds its locks. "
    "Nothing of this was kept; it is tried again."
)
_FULL = "The disk of the database is full: nothing is sent until there is room."
_NO_ENTRY = "PostgreSQL does not let us in: check the user and the password of the database URL."
_CODES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: "The database is read-only: give this user the right to write to the file and its folder.",
    sqlite3.SQLITE_BUSY: "Another process holds the database's write lock: end it, or wait until it is done.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened: does its folder exist, and is it writable?",
    sqlite3.SQLITE_NOTADB: "The database file is not a SQLite database, or is damaged: restore it from a backup.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged: restore it from a backup.",
    sqlite3.SQLITE_IOERR: "The disk of the database answers with errors: check the machine.",
}
# The states of PostgreSQL (postgresql.org/docs/18/errcodes-appendix.html, read 2026-11-22).
_STATES = {
    "25006": "The database is read-only: is it a standby?",
    "28000": _NO_ENTRY,
    "28P01": _NO_ENTRY,
    "3D000": "PostgreSQL has no database of that name: make it, or mend the database URL.",
    "42P01": no_database(),
    "53100": _FULL,
    "53300": "PostgreSQL has no connection left for us: raise its `max_connections`, or run fewer processes.",
    "57P01": "PostgreSQL is being stopped or has ended our connection.",
    "57P03": "PostgreSQL is starting or stopping: try again in a moment.",
}
_REFUSALS = (DBAPIError, PoolTimeoutError)
_TRY_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock: PostgreSQL undid the unit


class _Job:
    """A unit that waits for the writer, and where its answer goes."""

    __slots__ = ("call", "future", "result")

    def __init__(self, call: Callable[[Connection], Any]) -> None:
        self.call = call
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None

    def answer(self, error: BaseException | None) -> None:
        if self.future.done():  # its waiter was cancelled; the row is written all the same
            return
        if error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(explained(error) if isinstance(error, _REFUSALS) else error)


class SqliteStore:
    """SQLite in WAL mode with synchronous=FULL: one writer thread, a few reader threads. It belongs to one event loop.

    Units that come while a transaction is being committed share the next one.
    """

    dialect = "sqlite"

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        pragmas = (f"busy_timeout={busy_ms}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        self._writer = _sqlite(url, "BEGIN IMMEDIATE", 1, pragmas)
        self._reader = _sqlite(url, "BEGIN", READERS, (*pragmas, "query_only=ON"))
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="chappe-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="chappe-read")
        self._waiting: deque[_Job] = deque()
        self._flushing: asyncio.Task[None] | None = None

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the writer's next transaction; returns after the commit."""
        job = _Job(lambda connection: unit(connection, *args, **kwargs))
        self._waiting.append(job)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await job.future  # type: ignore[no-any-return]

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads in a reader thread."""

        def work() -> T:
            try:
                with self._reader.connect() as connection:
                    return unit(connection, *args, **kwargs)
            except _REFUSALS as error:
                raise explained(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._read_threads, work)

    def pool(self) -> Pool:
        """Return how the connections are used."""
        busy = sum(_busy(db.pool) for db in (self._writer, self._reader))
        return Pool(busy, READERS + 1, len(self._waiting))

    async def close(self) -> None:
        """Finish the queue, end the threads, close the connections."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        await asyncio.to_thread(self._write_thread.shutdown)
        await asyncio.to_thread(self._read_threads.shutdown)
        self._writer.dispose()
        self._reader.dispose()

    async def _flush(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(GROUP_MOST, len(self._waiting)))]
            error = await self._try(group)
            if error is None or len(group) == 1 or _never_began(error):
                for job in group:
                    job.answer(error)
                continue
            for job in group:  # each by itself, so that only the guilty one is refused
                job.answer(await self._try([job]))
        self._flushing = None

    async def _try(self, group: list[_Job]) -> BaseException | None:
        done = asyncio.get_running_loop().run_in_executor(self._write_thread, self._commit, group)
        await asyncio.wait([done])
        return done.exception()

    def _commit(self, group: list[_Job]) -> None:
        with self._writer.begin() as connection:
            for job in group:
                job.result = job.call(connection)


def _busy(pool: ConnectionPool) -> int:
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


def _never_began(error: BaseException) -> bool:
    """Tell a lock that another process holds: asking for it again, unit by unit, would wait as often."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY


def _sqlite(url: str, begin: str, pool_size: int, pragmas: Sequence[str]) -> Engine:
    db = create_engine(url, pool_size=pool_size, max_overflow=0, connect_args={"check_same_thread": False})

    @event.listens_for(db, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(db, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return db


# A session keeps the plan of a foreign key's check: made while a table is nearly empty it reads the whole table, and
# does so for each of the thousands of rows that come next. Planned anew each time, the check takes the index. What
# only reads checks no key, and to plan a list anew costs several times what it costs to find its rows.
_WRITING = {"plan_cache_mode": "force_custom_plan"}


def _options(wait_s: float, session: dict[str, str]) -> dict[str, Any]:
    settings = {**session, **vanishing.SESSION}
    return {
        "pool_timeout": wait_s,
        "connect_args": {"server_settings": settings, "timeout": vanishing.CONNECT_S},
    }


class PostgresStore:
    """PostgreSQL over asyncpg; each unit is a transaction of its own. It belongs to one event loop."""

    dialect = "postgresql"

    def __init__(
        self, url: str, *, pool_size: int = 6, overflow: int = 3, readers: int = 6, wait_s: float = POOL_WAIT_S
    ) -> None:
        address = "postgresql+asyncpg" + url[url.index("://") :]
        self._writing = create_async_engine(
            address, pool_size=pool_size, max_overflow=overflow, **_options(wait_s, _WRITING)
        )
        # Connections of their own, since to change the isolation of one for each read costs as much as the read.
        self._reading = create_async_engine(
            address,
            pool_size=readers,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
            pool_use_lifo=True,
            **_options(wait_s, {}),
        )
        self._most = pool_size + overflow + readers
        self._db = self._writing.sync_engine
        self._snapshot = self._db.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._loose = self._reading.sync_engine
        self._running: set[asyncio.Task[Any]] = set()
        for db in (self._writing.sync_engine, self._reading.sync_engine):
            event.listen(db, "connect", lambda connection, _record: vanishing.heed(connection.driver_connection))

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in one transaction; returns after the commit."""
        task = asyncio.create_task(self._run(self._db, lambda connection: unit(connection, *args, **kwargs)))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""
        db = self._loose if hasattr(unit, _LOOSE) else self._snapshot
        return await self._run(db, lambda connection: unit(connection, *args, **kwargs))

    def pool(self) -> Pool:
        """Return how the connections are used."""
        return Pool(_busy(self._db.pool) + _busy(self._loose.pool), self._most)

    async def close(self) -> None:
        """Finish what runs and close every connection."""
        if self._running:
            await asyncio.wait(self._running)
        await self._writing.dispose()
        await self._reading.dispose()

    async def _run(self, db: Engine, call: Callable[[Connection], T], tries: int = TRIES) -> T:
        ran = False

        def work() -> T:
            nonlocal ran
            with db.begin() as connection:
                result = call(connection)
                ran = True
            return result

        try:
            # One greenlet for all of it: SQLAlchemy's own asyncio form takes one for each of its six or seven steps.
            return await greenlet_spawn(work)
        except DBAPIError as error:
            # Asking first whether a connection still stands would cost as much as a read; one that has gone before its
            # commit has kept nothing, and takes the others of the pool with it.
            gone = error.connection_invalidated and not ran
            if tries == 1 or not (gone or getattr(error.orig, "sqlstate", "") in _TRY_AGAIN):
                raise explained(error) from error
        except PoolTimeoutError as error:
            raise explained(error) from error
        except OSError as error:
            message = "PostgreSQL does not answer at the configured address: is it running?"
            raise StoreError(message) from error
        return await self._run(db, call, tries - 1)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its waiter, if there still is one, has it from the shield
