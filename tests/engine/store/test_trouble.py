"""A database that cannot: each trouble is a sentence with a remedy, and nothing is kept of the unit."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from engine.store.migrate import check
from engine.store.tables import workspaces
from engine.store.unit import PostgresStore, SqliteStore, StoreError, open_store
from tests.peers.closed_folder import read_only

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def add(connection: Connection, name: str, size: int = 10) -> None:
    connection.execute(insert(workspaces).values(id=name, name=name, data_key="x" * size, created_at=NOW))


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(workspaces)) or 0


def damaged(template: Path, file: Path) -> Path:
    """Keep the first page of a database and lose the others."""
    whole = template.read_bytes()
    file.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    return file


async def test_a_full_disk_refuses_what_does_not_fit_and_keeps_the_rest(sqlite_url: str) -> None:
    store = SqliteStore(sqlite_url)
    await store.write(add, "before")

    def limit(connection: Connection, spare: int) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + spare}")

    await store.write(limit, 5)
    answers = await asyncio.gather(
        store.write(add, "small"), store.write(add, "huge", 1_000_000), store.write(add, "also"), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [type(None), StoreError, type(None)]
    assert "disk of the database is full: nothing is sent until there is room" in str(answers[1])
    await store.write(limit, 1_000)
    await store.write(add, "huge", 1_000_000)
    assert await store.read(count) == 4
    await store.close()


async def test_a_locked_database_is_waited_for_and_then_refused_to_all_at_once(sqlite_url: str) -> None:
    store = open_store(sqlite_url, busy_ms=20)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            *(store.write(add, f"w{number}") for number in range(20)), return_exceptions=True
        )
        assert {str(answer) for answer in answers} == {
            "Another process holds the database's write lock: end it, or wait until it is done."
        }
        assert await store.read(count) == 0
        await check(sqlite_url)  # whoever only looks waits for nobody
        other.execute("ROLLBACK")

    await store.write(add, "after")
    assert await store.read(count) == 1
    await store.close()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("chappe.sqlite3", "is read-only: give this user the right to write to the file and its folder"),
        ("new.sqlite3", r"cannot be opened: does its folder exist, and is it writable\?"),
    ],
)
async def test_what_may_not_be_written_is_named(sqlite_template: Path, name: str, sentence: str) -> None:
    with read_only(sqlite_template) as folder:
        store = open_store(f"sqlite:///{folder / name}")

        with pytest.raises(StoreError, match=sentence):
            await store.write(add, "acme")

        await store.close()


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'none' / 'chappe.sqlite3'}")

    with pytest.raises(StoreError, match="does its folder exist"):
        await store.read(count)

    await store.close()


async def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.sqlite3"
    file.write_text("Dear Léa, " * 1_000)
    store = open_store(f"sqlite:///{file}")

    with pytest.raises(StoreError, match=r"is not a SQLite database, or is damaged: restore it from a backup"):
        await store.write(add, "acme")

    await store.close()
    assert file.read_text().startswith("Dear Léa, ")


async def test_a_damaged_database_is_named(sqlite_template: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{damaged(sqlite_template, tmp_path / 'damaged.sqlite3')}")

    with pytest.raises(StoreError, match="damaged: restore it from a backup"):
        await store.read(count)

    await store.close()


async def test_a_database_without_tables_says_how_to_make_them(blank_url: str) -> None:
    store = open_store(blank_url)

    with pytest.raises(StoreError, match=r"no database yet: run `chappe init`"):
        await store.read(count)

    await store.close()


async def test_a_server_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    store = open_store(f"postgresql://chappe@127.0.0.1:{unused_tcp_port}/chappe")

    with pytest.raises(StoreError, match="PostgreSQL does not answer at the configured address: is it running"):
        await store.write(add, "acme")

    await store.close()


@pytest.mark.parametrize(
    ("word", "database", "sentence"),
    [
        ("", "/nowhere", "PostgreSQL has no database of that name: make it, or mend the database URL"),
        ("wrong", "", "PostgreSQL does not let us in: check the user and the password"),
    ],
)
async def test_a_server_that_refuses_is_explained(postgres_url: str, word: str, database: str, sentence: str) -> None:
    parts = urlsplit(postgres_url)
    host = parts.netloc.partition("@")[2]
    netloc = f"{parts.username}:{word or parts.password}@{host}"
    store = open_store(urlunsplit(parts._replace(netloc=netloc, path=database or parts.path)))

    with pytest.raises(StoreError, match=sentence):
        await store.read(count)

    await store.close()


async def test_a_unit_that_gets_no_connection_in_time_is_refused_with_a_sentence(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, pool_size=1, overflow=0, wait_s=0.05)
    holder = create_async_engine(postgres_url.replace("://", "+asyncpg://", 1))
    lock = text("SELECT pg_advisory_xact_lock(7)")
    async with holder.begin() as connection:
        await connection.execute(lock)
        waiting = asyncio.create_task(store.write(lambda crowded: crowded.execute(lock).scalar()))
        for _ in range(3):  # its turn comes first: it has the one connection
            await asyncio.sleep(0)
        with pytest.raises(StoreError, match="Every connection to the database was in use for too long"):
            await store.write(add, "late")
        with pytest.raises(StoreError, match="Every connection to the database was in use for too long"):
            await store.read(count)

    await waiting
    assert await store.read(count) == 0
    await store.close()
    await holder.dispose()


async def test_a_connection_that_breaks_is_a_sentence_and_the_next_unit_has_a_new_one(postgres_url: str) -> None:
    store = open_store(postgres_url)
    await store.write(add, "before")

    def suicide(connection: Connection) -> None:
        add(connection, "lost")
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreError):
        await store.write(suicide)

    await store.write(add, "after")
    assert await store.read(count) == 2
    await store.close()
