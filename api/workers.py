"""The workers of one machine: each holds a lock on a file of its own while it lives, and can be told to end."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from api.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.settings import Settings

FOLDER: Final = "workers"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that lives: its process, the machine it runs on, and its file."""

    pid: int
    host: str
    path: Path

    @property
    def is_here(self) -> bool:
        """Whether it can be told from here: a container that shares the folder counts its processes by itself."""
        return self.host == socket.gethostname()


def refuse_alone(settings: Settings, command: str) -> None:
    """Raise SettingsError where the settings are those of one process that does everything."""
    if settings.dispatch == "distributed":
        return
    many = "CHAPPE_DISPATCH=distributed"
    if not settings.database_url.startswith("postgresql:"):
        many = f"CHAPPE_DATABASE_URL to a PostgreSQL database, and {many}"
    message = (
        f"`chappe {command}` is for several processes, and here one process does everything: run `chappe up`, or set "
        f"{many}."
    )
    raise SettingsError(message)


@contextmanager
def announced(data_dir: Path) -> Iterator[None]:
    """Be known as a worker while the block runs; however the process ends, the system frees the lock."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{socket.gethostname()}-{os.getpid()}.json"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def living(data_dir: Path) -> list[Worker]:
    """Return the workers of a folder that live; files that a kill has left are removed."""
    found = []
    for path in sorted((data_dir / FOLDER).glob("*.json")):
        with suppress(FileNotFoundError), path.open("r+", encoding="utf-8") as file:
            if _is_free(file):
                path.unlink(missing_ok=True)
                continue
            said = json.load(file)
            found.append(Worker(said["pid"], said["host"], path))
    return found


async def drain(worker: Worker) -> None:
    """Tell a worker of this machine to end, and wait until it has."""
    with suppress(FileNotFoundError), worker.path.open("r+", encoding="utf-8") as file:
        os.kill(worker.pid, signal.SIGTERM)
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)


def _is_free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
