"""Bring a database to the tables that this version knows, and refuse one that it does not.

The scripts stand in `alembic/` of the tree and in `engine/_alembic` of the wheel. Each function opens the database at
a URL and closes it again; a migration is one transaction on both databases, so that a failing one leaves nothing.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import engine
from engine.store.tables import metadata
from engine.store.unit import StoreError, no_database, open_store, sqlite_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from sqlalchemy import Connection

    from engine.store.unit import Store

    T = TypeVar("T")

QUEUE = "pgqueuer"
"""What the names of the tables begin with that only PostgreSQL has: the queue that several processes share."""

_LOCK = 0x63686170  # any number, the same in every process that migrates


async def upgrade(url: str, revision: str = "head") -> None:
    """Make the tables of a revision, by default the newest; raises StoreError where the database cannot or is newer."""
    await _once(url, _move, command.upgrade, revision)


async def downgrade(url: str, revision: str = "base") -> None:
    """Go back to an older revision, by default to no tables at all: the rows of what is taken away are gone."""
    await _once(url, _move, command.downgrade, revision)


async def current_revision(url: str) -> str | None:
    """Return the revision of a database, None where it has no tables or is not there yet."""
    file = sqlite_file(url)
    if file is not None and not file.exists():  # opening it would make it
        return None
    store = open_store(url)
    try:
        return await store.read(_current)  # a reader waits for nobody who writes
    finally:
        await store.close()


async def check(url: str) -> None:
    """Raise StoreError with what to do where the database is not of the revision that this version writes."""
    file = sqlite_file(url)
    _judge(await current_revision(url), f"at {file}" if file else "yet")


async def check_open(store: Store) -> None:
    """Do the same for a database that is open; it is only read."""
    _judge(await store.read(_current))


def refuse_newer(revision: str) -> None:
    """Raise StoreError where a revision is none that this version knows."""
    if revision not in _revisions()[0]:
        _judge(revision)


def _judge(revision: str | None, place: str = "yet") -> None:
    known, head = _revisions()
    if revision == head:
        return
    if revision is None:
        message = no_database(place)
    elif revision in known:
        message = (
            f"The database is of revision {revision} and this version of Chappe needs {head}:"
            " stop every process that uses it, make a backup, and run `chappe migrate`."
        )
    else:
        message = (
            f"The database was written by a newer version of Chappe (revision {revision}, this one knows {head}):"
            " install that version, or restore the backup that was made before the upgrade."
        )
    raise StoreError(message)


@lru_cache
def _revisions() -> tuple[frozenset[str], str | None]:
    """Return the revisions that this version knows, and the newest of them."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions()), scripts.get_current_head()


async def differences(url: str) -> list[Any]:
    """Return what distinguishes a database from the tables of the code, as Alembic tells it."""
    return await _once(url, _compare)


def script_folder() -> Path:
    """Return the folder of the migrations: beside the package in the tree, inside it in the wheel."""
    package = Path(engine.__file__).parent
    inside = package / "_alembic"
    return inside if inside.is_dir() else package.parent / "alembic"


async def _once(url: str, unit: Callable[..., T], *args: Any) -> T:
    store = open_store(url)
    try:
        return await store.write(unit, *args)
    finally:
        await store.close()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(script_folder()).replace("%", "%%"))
    return config


def _move(connection: Connection, way: Callable[[Config, str], None], revision: str) -> None:
    if connection.dialect.name == "postgresql":  # two processes that start at once migrate one after the other
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    there = _current(connection)
    if there is not None and there not in _revisions()[0]:
        _judge(there)
    way(_config(connection), revision)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def _compare(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
    found: list[Any] = compare_metadata(context, metadata)
    return found


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Tell our tables from those of the shared queue, which PgQueuer declares."""
    return kind != "table" or not (name or "").startswith(QUEUE)
