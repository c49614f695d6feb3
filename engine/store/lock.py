"""One process at a time on a SQLite file; a start ends every lease that an earlier process may have left.

SQLite has one writer, and its dispatch keeps its queue in memory: two processes would send for the same accounts. Other
commands read and write beside the process that holds the lock; only the one that sends takes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import update

from engine.store.tables import grants, lanes, sources
from engine.store.unit import StoreError, sqlite_file
from engine.store.workspaces import instance_value, set_instance_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

GENERATION = "generation"


@contextmanager
def only_process(url: str, now: datetime) -> Iterator[None]:
    """Hold `<database file>.lock` while the block runs; PostgreSQL needs no such lock.

    Raises StoreError that names the process which holds it. The system frees the lock when that process ends, however
    it ends; the file stays, so that nobody locks a file that another has just removed.
    """
    database = sqlite_file(url)
    if database is None:
        yield
        return
    path = database.with_name(f"{database.name}.lock")
    with _opened(path) as file:
        _lock(file, path)
        file.truncate(0)
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat(timespec="seconds")}, file)
        file.flush()
        yield


def begin_generation(connection: Connection, now: datetime) -> int:
    """Count the start of the one process of a SQLite file and end all leases of earlier ones; returns the number.

    What such a process left `sending` is found by the sweep, which sees that the lease is over.
    """
    generation = int(instance_value(connection, GENERATION) or 0) + 1
    set_instance_value(connection, GENERATION, str(generation))
    leased = update(lanes).where(lanes.c.lease_until > now)
    connection.execute(leased.values(lease_owner=None, lease_until=now, fence=lanes.c.fence + 1))
    connection.execute(update(sources).where(sources.c.polling_until.is_not(None)).values(polling_until=None))
    renewed = update(grants).where(grants.c.renewing_until > now)
    connection.execute(renewed.values(renewing_until=now, look_at=now))
    return generation


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        message = f"The lock file {path} cannot be opened: {error.strerror}. Give this user the right to write there."
        raise StoreError(message) from error


def _lock(file: IO[str], path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder, how = _read(file)
        message = (
            f"Another process sends from this database: {holder} holds {path.name}. `chappe status` shows what it does;"
            f" {how} ends it. Several at once need PostgreSQL."
        )
        raise StoreError(message) from error


def _read(file: IO[str]) -> tuple[str, str]:
    """Return who holds the lock, and how that process is ended."""
    try:
        holder: dict[str, Any] = json.load(file)
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']},"
    except (ValueError, KeyError):  # it has the lock and has not written its name yet
        return "one that is just starting", "Ctrl-C where it runs"
    here = holder["host"] == socket.gethostname()
    return who, f"Ctrl-C where it runs, or `kill {holder['pid']}`," if here else "Ctrl-C where it runs"
