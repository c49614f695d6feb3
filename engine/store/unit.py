"""One transaction at a time: the only place that commits.

All store code is synchronous functions over a SQLAlchemy `Connection`. A `Store` runs them: on SQLite in one writer
thread, which takes every unit that waits into one transaction (group commit), and in a few reader threads; on PostgreSQL
over asyncpg through `run_sync`. A unit may therefore be run twice: it must do nothing but read and write rows.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

T = TypeVar("T")
P = ParamSpec("P")

READERS = 3
BUSY_MS = 5_000
GROUP_MOST = 500


class StoreError(ChappeError):
    """The database could not do it: full, locked, read-only, gone. Nothing of the unit was kept."""


class Store(Protocol):
    """Runs units of work; the two forms behave alike."""

    dialect: str

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction of its own or shared with others; returns after the commit."""

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, on a snapshot."""

    async def close(self) -> None:
        """Finish what waits and close every connection."""


def open_store(url: str) -> Store:
    """Open the database of that URL: `sqlite:///PATH` or `postgresql://…`."""
    if url.startswith("sqlite:"):
        return SqliteStore(url)
    return PostgresStore(url)


def explained(error: DBAPIError) -> StoreError:
    """Say in a sentence what the database objects to and what to do."""
    text = str(error.orig)
    for sign, sentence in _SIGNS:
        if sign in text:
            return StoreError(sentence)
    return StoreError(f"The database refused: {text.splitlines()[0] if text else error.__class__.__name__}")


_SIGNS = (
    ("database or disk is full", "The disk of the database is full: nothing is sent until there is room."),
    ("No space left", "The disk of the database is full: nothing is sent until there is room."),
    ("readonly database", "The database file is read-only: give this user the right to write to it and its folder."),
    ("database is locked", "Another process holds the database's write lock: end it, or wait until it is done."),
    ("unable to open database file", "The database file cannot be opened: check that its folder exists and is writable."),
    ("file is not a database", "The database file is not a SQLite database, or is damaged: restore it from a backup."),
    ("disk I/O error", "The disk of the database answers with errors: check the machine."),
    ("no such table", "The database has no tables yet: run `chappe migrate`."),
    ("Connection refused", "PostgreSQL does not answer at the configured address: is it running?"),
)


class _Job:
    """A unit that waits for the writer, and where its answer goes."""

    __slots__ = ("call", "error", "future", "loop", "result")

    def __init__(self, call: Callable[[Connection], Any]) -> None:
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        self.result = self.call(connection)

    def answer(self) -> None:
        if self.future.done():  # its waiter was cancelled; the row is written all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class SqliteStore:
    """SQLite in WAL mode with synchronous=FULL: one writer thread, a few reader threads."""

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self._writer = _sqlite(url, "BEGIN IMMEDIATE", pool_size=1)
        self._reader = _sqlite(url, "BEGIN", pool_size=READERS)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="chappe-read")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_loop, name="chappe-write", daemon=True)
        self._thread.start()

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the writer's next transaction; returns after the commit."""
        job = _Job(lambda connection: unit(connection, *args, **kwargs))
        self._jobs.put(job)
        return await job.future  # type: ignore[no-any-return]

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads in a reader thread."""

        def work() -> T:
            try:
                with self._reader.connect() as connection:
                    return unit(connection, *args, **kwargs)
            except DBAPIError as error:
                raise explained(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def close(self) -> None:
        """Finish the queue, end the threads, close the connections."""
        self._jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._threads.shutdown()
        self._writer.dispose()
        self._reader.dispose()

    def _write_loop(self) -> None:
        last = False
        while not last:
            jobs = [self._jobs.get()]
            with suppress(queue.Empty):
                while len(jobs) < GROUP_MOST:
                    jobs.append(self._jobs.get_nowait())
            last = None in jobs
            group = [job for job in jobs if job is not None]
            self._write_group(group)
            for loop in {job.loop for job in group}:
                answers = [job for job in group if job.loop is loop]
                with suppress(RuntimeError):  # the loop ended first: nobody waits any more
                    loop.call_soon_threadsafe(_answer_all, answers)

    def _write_group(self, group: list[_Job]) -> None:
        """Commit all together; when one fails, each by itself, so that only the guilty one is refused."""
        if not group:
            return
        if (error := self._try(group)) is None:
            return
        if len(group) == 1:
            group[0].error = error
            return
        for job in group:
            job.error = self._try([job])

    def _try(self, group: list[_Job]) -> BaseException | None:
        try:
            with self._writer.begin() as connection:
                for job in group:
                    job.run(connection)
        except DBAPIError as error:
            return explained(error)
        except BaseException as error:  # noqa: BLE001  # whatever a unit raises goes to the one who asked
            return error
        return None


def _answer_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.answer()


def _sqlite(url: str, begin: str, *, pool_size: int) -> Engine:
    db = create_engine(url, pool_size=pool_size, max_overflow=0, connect_args={"check_same_thread": False})

    @event.listens_for(db, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(db, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return db


class PostgresStore:
    """PostgreSQL over asyncpg; each unit is a transaction of its own."""

    dialect = "postgresql"

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        address = "postgresql+asyncpg" + url[url.index("://") :]
        self._db = create_async_engine(address, pool_size=pool_size, max_overflow=5, pool_pre_ping=True)

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in one transaction; returns after the commit."""
        return await self._run(unit, *args, **kwargs)

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""
        return await self._run(unit, *args, **kwargs)

    async def _run(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            async with self._db.begin() as connection:
                return await connection.run_sync(unit, *args, **kwargs)
        except DBAPIError as error:
            raise explained(error) from error
        except OSError as error:
            message = "PostgreSQL does not answer at the configured address: is it running?"
            raise StoreError(message) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._db.dispose()
