"""The connections of the distributed queue: a few for statements, and one of its own that listens.

A database that is away ends nothing: what PgQueuer's loop asks waits until it is back, and the connection that listens
is opened anew. It must be a session of its own from end to end: a pooler between that lends connections for one
transaction hears nothing. Nothing here has to last, so no commit waits for the disk.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg
import structlog
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.models import TableChangedEvent
from pgqueuer.domain.types import Channel

from engine.dispatch.schema import NAMES
from engine.store import vanishing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Self

    from engine.clock import Clock

    Notice = str | bytes | bytearray

T = TypeVar("T")

POOL: Final = 5
COMMAND_S: Final = 10.0
"""How long a statement may take: none of them is long, so the connection is dead."""

CONNECT_S: Final = 5.0
LOOK_S: Final = 10.0
"""How often the connection that listens is asked whether it is still there: a dead one says nothing by itself."""

PAUSE_S: Final = 1.0
"""How long a database that is away is left alone."""

AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a farewell that came while nothing was asked confuses asyncpg 0.32
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # stopped, starting, ended by an administrator
    asyncpg.InsufficientResourcesError,  # no connection left, no room
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is about to take over
)
"""What passes: the database is away, or asks to be asked again."""

NAME: Final = "chappe dispatch"
"""How these connections are called in the server's lists."""

ALIVE: Final = 0x63686170
"""The class of the locks that say which processes live."""

_SETTINGS: Final = {
    "application_name": NAME,
    "synchronous_commit": "off",
    "plan_cache_mode": "force_custom_plan",
    **vanishing.SESSION,
}

_log = structlog.get_logger(__name__)


class Session:
    """PgQueuer's driver over asyncpg. It belongs to one event loop; `ending` lets nothing wait any more.

    The connection that listens holds a lock on `name` while it lives: the server frees it the moment a process ends.
    """

    def __init__(self, options: Mapping[str, Any], clock: Clock) -> None:
        settings = {**options.get("server_settings", {}), **_SETTINGS}
        self._options: dict[str, Any] = {**options, "server_settings": settings, "timeout": CONNECT_S}
        self._clock = clock
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None
        self.ending = asyncio.Event()
        self.name = ""

    @property
    def shutdown(self) -> asyncio.Event:
        """What PgQueuer asks of a driver: set when nothing more shall be begun."""
        return self.ending

    @property
    def tm(self) -> TaskManager:
        """What PgQueuer asks of a driver: it has no tasks that are to be waited for."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more; ends of work are still written."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
            self._listening = None

    async def once(self, statement: str, *args: object) -> None:
        """Run a statement that may be run twice; raises one of AWAY where the database is away.

        A connection that was cut shows it only when it is used: the second try has another one.
        """
        try:
            await (await self._open()).execute(statement, *args)
        except AWAY:
            await (await self._open()).execute(statement, *args)

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Return rows, as soon as the database is there."""

        async def ask() -> list[dict[str, object]]:
            return [dict(row) for row in await (await self._open()).fetch(query, *args)]

        return await self._patient(ask)

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement, as soon as the database is there."""

        async def ask() -> str:
            return await (await self._open()).execute(query, *args)

        return await self._patient(ask)

    async def notify(self, channel: str, payload: str) -> None:
        """Tell all who listen."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: Callable[[Notice], None]) -> None:
        """Listen from now on, whatever becomes of the connection; returns when it does for the first time."""
        heard = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(channel, callback, heard))
        first = asyncio.create_task(heard.wait())
        try:
            await asyncio.wait([first, self._listening], return_when=asyncio.FIRST_COMPLETED)
        finally:
            first.cancel()
        if self._listening.done() and not self.ending.is_set():
            await self._listening

    async def close(self) -> None:
        """Close every connection; the next statement would open them anew."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CONNECT_S):
                await pool.close()
        except AWAY:
            pool.terminate()

    async def _open(self) -> asyncpg.Pool[asyncpg.Record]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    **self._options, min_size=0, max_size=POOL, command_timeout=COMMAND_S, init=_heed
                )
            return self._pool

    async def _patient(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except AWAY as error:
                if self.ending.is_set():
                    raise
                _log.warning("The queue's database is away; it is asked again.", error=_told(error))
            await self._pause(PAUSE_S)

    async def _listen(self, channel: str, callback: Callable[[Notice], None], heard: asyncio.Event) -> None:
        while not self.ending.is_set():
            try:
                await self._listen_once(channel, callback, heard)
            except AWAY as error:
                _log.warning("Wakes are not heard just now; the queue is looked at instead.", error=_told(error))
                await self._pause(PAUSE_S)

    async def _listen_once(self, channel: str, callback: Callable[[Notice], None], heard: asyncio.Event) -> None:
        """Listen on one connection until it is lost, which it raises, or until the end."""
        connection = await asyncpg.connect(**self._options)
        vanishing.heed(connection)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: callback(payload))
            await connection.execute("SELECT pg_advisory_lock_shared($1, hashtext($2))", ALIVE, self.name)
            heard.set()
            callback(self._news(channel))  # whatever was told while nobody listened
            while not self.ending.is_set():
                await self._pause(LOOK_S, lost)
                await connection.execute("SELECT 1", timeout=COMMAND_S)
        finally:
            connection.terminate()

    def _news(self, channel: str) -> str:
        """Say what PgQueuer's trigger says when rows change."""
        event = TableChangedEvent(
            channel=Channel(channel),
            operation="insert",
            sent_at=self._clock.now(),
            table=NAMES.queue_table,
            type="table_changed_event",
        )
        return event.model_dump_json()

    async def _pause(self, seconds: float, other: asyncio.Event | None = None) -> None:
        """Wait so long, but not beyond the end, nor beyond another event."""
        waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self.ending.wait())]
        if other is not None:
            waits.append(asyncio.create_task(other.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


async def _heed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    vanishing.heed(connection)


def _told(error: BaseException) -> str:
    """Name an error without what it says, which may hold a password."""
    return getattr(error, "sqlstate", None) or type(error).__name__
