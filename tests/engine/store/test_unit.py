"""Units of work behave alike on both databases: all or nothing, each by itself, and an error is a sentence."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import StatementError

from engine.store.tables import workspaces
from engine.store.unit import GROUP_MOST, SqliteStore, Store, StoreError, no_snapshot, open_store, pool_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def add(connection: Connection, name: str) -> Connection:
    """Insert a row; the answer tells which transaction it was in."""
    connection.execute(insert(workspaces).values(id=name, name=name, data_key="sealed", created_at=NOW))
    return connection


def add_and_fail(connection: Connection, name: str) -> None:
    add(connection, name)
    raise LookupError(name)


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(workspaces.c.name).order_by(workspaces.c.name)))


def wait_for(connection: Connection, event: threading.Event) -> None:
    assert event.wait(10)


async def test_a_unit_is_committed_when_write_returns(store: Store) -> None:
    await store.write(add, "acme")

    assert await store.read(names) == ["acme"]


async def test_a_unit_that_raises_keeps_nothing_and_its_error_arrives(store: Store) -> None:
    with pytest.raises(LookupError, match="acme"):
        await store.write(add_and_fail, "acme")

    assert await store.read(names) == []


async def test_a_failing_unit_does_not_hurt_those_beside_it(store: Store) -> None:
    asked = [store.write(add_and_fail if number == 3 else add, f"w{number}") for number in range(6)]

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [isinstance(answer, LookupError) for answer in answers] == [False, False, False, True, False, False]
    assert await store.read(names) == ["w0", "w1", "w2", "w4", "w5"]


async def test_a_violated_constraint_is_a_sentence_for_the_guilty_unit_only(store: Store) -> None:
    answers = await asyncio.gather(
        store.write(add, "acme"), store.write(add, "acme"), store.write(add, "other"), return_exceptions=True
    )

    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [StoreError]
    assert "refused" in str(next(answer for answer in answers if isinstance(answer, StoreError)))
    assert await store.read(names) == ["acme", "other"]


async def test_a_cancelled_waiter_does_not_cancel_its_unit(store: Store, database_url: str) -> None:
    waiter = asyncio.create_task(store.write(add, "acme"))
    other = asyncio.create_task(store.write(add, "other"))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await other
    await store.close()

    reopened = open_store(database_url)
    assert await reopened.read(names) == ["acme", "other"]
    await reopened.close()


async def test_close_finishes_what_waits(store: Store, database_url: str) -> None:
    asked = [asyncio.create_task(store.write(add, f"w{number}")) for number in range(5)]
    await asyncio.sleep(0)
    await store.close()

    await asyncio.gather(*asked)
    reopened = open_store(database_url)
    assert len(await reopened.read(names)) == 5
    await reopened.close()


async def test_a_reading_unit_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="read-only"):
        await store.read(add, "acme")

    assert await store.read(names) == []


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    def naive(connection: Connection) -> None:
        values = {"id": "w", "name": "w", "data_key": "", "created_at": NOW.replace(tzinfo=None)}
        connection.execute(insert(workspaces).values(values))

    with pytest.raises(StatementError, match="without a zone"):
        await store.write(naive)


async def test_times_come_back_as_they_were_written(store: Store) -> None:
    moment = datetime(2026, 10, 25, 1, 30, 0, 123456, tzinfo=UTC)

    def there_and_back(connection: Connection) -> Any:
        connection.execute(insert(workspaces).values(id="w", name="w", data_key="", created_at=moment))
        return connection.scalar(select(workspaces.c.created_at))

    assert await store.write(there_and_back) == moment


async def test_a_url_of_another_database_is_refused() -> None:
    with pytest.raises(StoreError, match=r"must begin with `sqlite:///` or `postgresql://`"):
        open_store("mysql://localhost/chappe")


async def test_units_that_wait_share_one_transaction_in_the_order_they_came(sqlite_url: str) -> None:
    store = SqliteStore(sqlite_url)
    begin = threading.Event()
    first = asyncio.create_task(store.write(wait_for, begin))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(store.write(add, f"w{number:03}")) for number in range(GROUP_MOST + 5)]
    await asyncio.sleep(0)
    begin.set()
    await first

    used = await asyncio.gather(*waiting)
    assert len({id(connection) for connection in used}) == 2
    assert used[0] is used[GROUP_MOST - 1]
    assert used[GROUP_MOST] is used[-1]

    def order(connection: Connection) -> list[str]:
        return list(connection.scalars(text("SELECT name FROM workspaces ORDER BY rowid")))

    assert await store.read(order) == [f"w{number:03}" for number in range(GROUP_MOST + 5)]
    await store.close()


async def test_a_reading_unit_sees_one_moment(sqlite_url: str) -> None:
    store = SqliteStore(sqlite_url)
    seen, go_on = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[Any, Any]:
        before = connection.scalar(select(func.count()).select_from(workspaces))
        seen.set()
        assert go_on.wait(10)
        return before, connection.scalar(select(func.count()).select_from(workspaces))

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(seen.wait, 10)
    await store.write(add, "acme")
    go_on.set()

    assert await reading == (0, 0)
    await store.close()


async def test_postgres_reads_on_a_snapshot(postgres_url: str) -> None:
    store = open_store(postgres_url)

    assert await store.read(lambda connection: connection.scalar(text("SHOW transaction_isolation"))) == (
        "repeatable read"
    )
    assert await store.write(lambda connection: connection.scalar(text("SHOW transaction_isolation"))) == (
        "read committed"
    )
    await store.close()


async def test_connections_that_have_gone_are_replaced_and_what_was_not_committed_is_run_again(
    postgres_url: str,
) -> None:
    store = open_store(postgres_url)
    await store.write(add, "one")
    others = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid")
    runs: list[int] = []

    def ended_once(connection: Connection) -> None:
        add(connection, "two")
        runs.append(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
        if len(runs) == 1:
            connection.execute(others, {"pid": runs[0]})

    await store.write(ended_once)

    assert len(set(runs)) == 2
    assert await store.read(lambda connection: connection.scalar(select(func.count()).select_from(workspaces))) == 2
    await store.close()


@pytest.mark.parametrize("loose", [False, True])
async def test_reads_that_nobody_waits_for_give_their_connections_back(postgres_url: str, loose: bool) -> None:
    store = open_store(postgres_url)
    reached = asyncio.Event()

    def lasting(connection: Connection) -> None:
        reached.set()
        connection.execute(text("SELECT pg_sleep(30)"))

    unit = no_snapshot(lasting) if loose else lasting
    for _ in range(2):  # more, together, than there are connections
        reads = [asyncio.create_task(store.read(unit)) for _ in range(12)]
        await reached.wait()
        for read in reads:
            read.cancel()
        ended = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(error, asyncio.CancelledError) for error in ended)

    pool = pool_of(store)
    assert pool is not None
    assert pool.busy == 0
    assert await store.read(names) == []
    await store.close()


async def test_units_in_a_deadlock_are_run_again(postgres_url: str) -> None:
    store = open_store(postgres_url)
    await store.write(add, "one")
    await store.write(add, "two")
    holds: list[str] = []

    def both(connection: Connection, first: str, second: str) -> None:
        connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
        _touch(connection, first)
        holds.append(first)
        for _ in range(10_000):  # each statement lets the other go on
            if len(holds) > 1:
                break
            connection.execute(text("SELECT 1"))
        _touch(connection, second)

    await asyncio.gather(store.write(both, "one", "two"), store.write(both, "two", "one"))

    assert len(holds) in (3, 4)  # PostgreSQL ends one of them, or both where both look at the same time
    await store.close()


def _touch(connection: Connection, name: str) -> None:
    connection.execute(text("UPDATE workspaces SET data_key = 'touched' WHERE name = :name"), {"name": name})
