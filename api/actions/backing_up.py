"""A backup of everything but the key file, and its way back: checked before anything is touched, paused afterwards."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import ConflictError, NotFoundError
from engine.runtime import KEY_FINGERPRINT
from engine.store import backup, dump, home, migrate, restoring
from engine.store.lock import only_process
from engine.store.restoring import BACKUP_AT
from engine.store.unit import open_store, sqlite_file
from engine.vault import KeyFile, Vault, VaultLockedError

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings
    from engine.clock import Clock
    from engine.store.restoring import Reconciled


@dataclass(frozen=True, slots=True)
class Found:
    """What a backup is: of what time, of which revision of the tables, and sealed by which key."""

    made: datetime
    revision: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore; `aside` is where the database before is kept, None where there was none."""

    made: datetime
    reconciled: Reconciled
    aside: Path | None


def default_name(now: datetime, url: str) -> str:
    """Return how a backup is called that nobody named."""
    return f"chappe-{now:%Y%m%d-%H%M%S}.{'dump' if sqlite_file(url) is None else 'db'}"


async def back_up(settings: Settings, clock: Clock, file: Path) -> int:
    """Copy the database to a new file while others work on it; returns its size. Raises StoreError."""
    await migrate.check(settings.database_url)
    database = sqlite_file(settings.database_url)
    if database is not None:
        await asyncio.to_thread(backup.copy, database, file, clock.now())
    else:
        await _dumped(settings.database_url, file, clock.now())
    return (await asyncio.to_thread(file.stat)).st_size


async def _dumped(url: str, file: Path, now: datetime) -> None:
    store = open_store(url)
    try:
        await store.write(restoring.mark, now)  # before the snapshot: what it may lack was not done before
        server = await store.read(dump.major)
    finally:
        await store.close()
    await dump.copy(url, file, server)


async def look(settings: Settings, file: Path) -> Found:
    """Read what a backup is, and whether it can be restored here. It changes nothing.

    Raises NotFoundError, StoreError for a file that is no sound backup or comes from a newer version, VaultLockedError
    where the key file is not the one that it was sealed with.
    """
    if not await asyncio.to_thread(file.is_file):
        raise NotFoundError(f"There is no file {file}.")
    revision, made, key = await (_seen(file) if sqlite_file(settings.database_url) else _seen_in_dump(file))
    if revision is None or made is None:
        raise ConflictError(f"{file} is no backup that `chappe backup` made: nothing was changed.")
    migrate.refuse_newer(revision)
    if key is not None and not Vault(KeyFile.load(settings.key_file)).holds(key):
        raise VaultLockedError(
            f"The backup was sealed with another key file than {settings.key_file}: nothing was changed. Put the key "
            "file of that time back, or set CHAPPE_KEY_FILE to where it is."
        )
    return Found(datetime.fromisoformat(made), revision, key)


async def _seen(file: Path) -> tuple[str | None, str | None, str | None]:
    """Return revision, time and key of a copy of a SQLite database."""
    await asyncio.to_thread(backup.check, file)
    made, key = (backup.value(file, "instance", "value", f"key = '{name}'") for name in (BACKUP_AT, KEY_FINGERPRINT))
    return backup.value(file, "alembic_version", "version_num"), made, key


async def _seen_in_dump(file: Path) -> tuple[str | None, str | None, str | None]:
    """Return revision, time and key of a dump of a PostgreSQL database."""
    revisions = await dump.values(file, "alembic_version")
    kept = {row[-2]: row[-1] for row in await dump.values(file, "instance")}
    return revisions[0][0] if revisions else None, kept.get(BACKUP_AT), kept.get(KEY_FINGERPRINT)


async def restore(settings: Settings, clock: Clock, file: Path, found: Found) -> Restored:
    """Put a backup in the place of the database, which is kept aside; everything is paused and reconciled.

    A dump is read into an empty database alone. Raises StoreError where a process works on the database, ConflictError
    where the PostgreSQL database is not empty.
    """
    now, database = clock.now(), sqlite_file(settings.database_url)
    if database is None:
        return Restored(found.made, await _undumped(settings.database_url, file, found.made, now), None)
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S}")
    stage = database.with_name(f"{database.name}.restoring")
    with only_process(settings.database_url, now):
        there = database.exists()
        try:
            await asyncio.to_thread(_staged, file, stage)
            reconciled = await _reconciled(f"sqlite:///{stage}", found.made, now)
            await asyncio.to_thread(backup.fold, stage)
            backup.put(stage, database, aside)
        finally:
            for end in ("", "-wal", "-shm"):
                stage.with_name(f"{stage.name}{end}").unlink(missing_ok=True)
    return Restored(found.made, reconciled, aside if there else None)


def _staged(file: Path, stage: Path) -> None:
    stage.unlink(missing_ok=True)
    stage.touch(backup.PRIVATE)
    shutil.copyfile(file, stage)


async def _undumped(url: str, file: Path, made: datetime, now: datetime) -> Reconciled:
    if await migrate.current_revision(url) is not None:
        raise ConflictError(
            "The database is not empty: nothing was changed. Make an empty one, set CHAPPE_DATABASE_URL to it, and "
            "restore there; the database before stays as it is."
        )
    await dump.put(url, file)
    return await _reconciled(url, made, now)


async def reconcile_here(settings: Settings, clock: Clock) -> Restored:
    """Pause and reconcile a database that PostgreSQL's own tools have read back. Raises ConflictError for another."""
    await _strange(settings.database_url)
    store = open_store(settings.database_url)
    try:
        made = await store.read(restoring.known_until) or clock.now()
    finally:
        await store.close()
    return Restored(made, await _reconciled(settings.database_url, made, clock.now()), None)


async def moved(settings: Settings) -> None:
    """Believe a database that was moved here, as it is. Raises ConflictError for one that was not."""
    await _strange(settings.database_url)
    store = open_store(settings.database_url)
    try:
        await store.write(home.settle)
    finally:
        await store.close()


async def _strange(url: str) -> None:
    store = open_store(url)
    try:
        strange: bool | None = False
        if await migrate.current_revision(url) is not None:
            strange = await store.read(home.is_strange, KEY_FINGERPRINT)
    finally:
        await store.close()
    if not strange:
        raise ConflictError("This database was not read back by PostgreSQL's tools: nothing was changed.")


async def _reconciled(url: str, made: datetime, now: datetime) -> Reconciled:
    await migrate.upgrade(url)
    store = open_store(url)
    try:
        return await store.write(restoring.reconcile, made, now)
    finally:
        await store.close()
