"""A SQLite database copied to a file while others write to it, and put back from one.

`VACUUM INTO` copies one snapshot and holds no writer up (sqlite.org/lang_vacuum.html, read 2026-11-23).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from engine.store.restoring import BACKUP_AT
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

PRIVATE = 0o600


def copy(database: Path, file: Path, now: datetime) -> None:
    """Copy the database into a new file that only its owner reads, whole and on disk when this returns.

    Raises StoreError where the file is there already, or the copy cannot be made or is not sound.
    """
    with fresh(file) as part:
        with _explained(), closing(sqlite3.connect(database)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        with _explained(), closing(sqlite3.connect(part)) as copied, copied:
            said = "INSERT OR REPLACE INTO instance (workspace_id, key, value) VALUES ('', ?, ?)"
            copied.execute(said, (BACKUP_AT, now.isoformat()))
        check(part)


@contextmanager
def fresh(file: Path) -> Iterator[Path]:
    """Give a private file to fill, which takes its name, and is on disk, when the block ends well; else it is gone.

    Raises StoreError where a file of that name is there, or cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        file.open("xb").close()
    except OSError as error:
        why = "is there already" if isinstance(error, FileExistsError) else f"cannot be written: {error.strerror}"
        message = f"{file} {why}. Nothing was written: name another file."
        raise StoreError(message) from error
    done = False
    try:
        with _made(part):
            yield part
            settle(part)
            part.replace(file)
            settle(file.parent)
            done = True
    finally:
        if not done:
            file.unlink(missing_ok=True)


def check(file: Path) -> None:
    """Read a whole database; raises StoreError where it is none or is damaged."""
    with _explained(), closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        said = [row[0] for row in opened.execute("PRAGMA integrity_check(1)")]
    if said != ["ok"]:
        message = f"{file} is damaged ({said[0]}): use another backup."
        raise StoreError(message)


def value(file: Path, table: str, column: str, where: str = "1") -> str | None:
    """Return one value of a database file, None where it is not there; the words of the query are ours."""
    query = f"SELECT {column} FROM {table} WHERE {where}"
    with _explained(), closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        try:
            row = opened.execute(query).fetchone()
        except sqlite3.OperationalError:  # it has no such table
            return None
    return str(row[0]) if row else None


def put(file: Path, database: Path, aside: Path) -> None:
    """Put a database file, whose last writer has closed it, in the place of another, which is kept aside."""
    for end in ("-wal", "-shm"):
        beside = database.with_name(f"{database.name}{end}")
        if beside.exists():
            beside.replace(aside.with_name(f"{aside.name}{end}"))
    if database.exists():
        database.replace(aside)
    file.replace(database)
    settle(database.parent)


def fold(file: Path) -> None:
    """Put what stands in a database's log into the file itself, and wait until it is on disk."""
    with _explained(), closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        opened.execute("PRAGMA journal_mode = DELETE")
    settle(file)


def settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _made(part: Path) -> Iterator[None]:
    """Make a private file, which is gone afterwards unless it was moved away."""
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        yield
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            part.with_name(f"{part.name}{end}").unlink(missing_ok=True)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        message = f"SQLite says: {error}. Is this a database, is there room on the disk, and may this user write?"
        raise StoreError(message) from error
