"""Who races: how each is prepared for a course, and which processes it is."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bench import child
from bench.remembered import remember
from bench.scene import ACME, CHAPPE, Scene, blank
from engine.clock import SystemClock
from engine.ids import new_id
from engine.store import accounts, workspaces
from engine.store.accounts import AccountRow
from engine.store.unit import open_store
from tests.peers.postgres import start_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from bench.race.course import Course, Place
    from tests.peers.postgres import PostgresServer
    from tests.peers.receiver import Mode

HERE = "127.0.0.1"
LULL = 24.0
"""Seconds until sources are due that are polled together: by then who polls them has started, and was looked at."""
CELERY = Path("build") / "celery"
CELERY_NEEDS = ("celery==5.7.0", "redis", "httpx", "feedparser", "packaging")


class Program(NamedTuple):
    """A process to start: its words, and what is added to the environment."""

    words: Sequence[str]
    environment: dict[str, str] = {}  # noqa: RUF012  # a default that nobody changes

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Start it as the first of a group of its own."""
        with log.open("ab") as file:
            return subprocess.Popen(  # noqa: S603  # they are our own programs
                self.words, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip


class Contestant(Protocol):
    """One of those who race.

    `mode` is what the receiver does with a name that it has seen; `quiet` are the seconds without anything new after
    which a run that was killed is over; `restarts` says whether it can go on after that at all. Who `rests` goes on
    living between polls, so that what they cost is told from its start: they are due a `LULL` after it.
    """

    name: str
    mode: Mode
    quiet: float
    restarts: bool
    rests: bool

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Prepare a run over a course, and return what is to be started."""


class Embedded:
    """`chappe up`, one process over SQLite."""

    name = "Chappe embedded"
    mode: Mode = "dedupe"
    quiet = 20.0
    restarts = rests = True

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Make the database and apply the mapping, as a person would."""
        return [_house(place, course, "")]


class Distributed:
    """`chappe work`, so many processes over PostgreSQL, which writes through to the disk as SQLite does."""

    mode: Mode = "dedupe"
    quiet = 75.0  # a lease is 45 s
    restarts = rests = True

    def __init__(self, server: PostgresServer, workers: int) -> None:
        self.name = f"Chappe distributed, {workers} worker{'s' if workers > 1 else ''}"
        self._server = server
        self._workers = workers

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Make the database and apply the mapping; every worker has the same settings."""
        return [_house(place, course, self._server.create())] * self._workers


class Naive:
    """The script that everybody writes first."""

    name = "script with feedparser and httpx"
    mode: Mode = "plain"
    quiet = 5.0
    restarts = True
    rests = False

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Write what it is told."""
        told = {"feeds": place.feeds(course), "sinks": place.sinks(course), "polls": course.polls or 1}
        config = _config(place, told | {"seen": str(place.folder / "seen.json")})
        return [Program((sys.executable, "-m", "bench.race.naive", str(config)))]


class Bare:
    """Nothing but posting, or conditional requests."""

    name = "bare client loop"
    mode: Mode = "plain"
    quiet = 5.0
    restarts = rests = False

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Write what it is told."""
        told = {"sinks": place.sinks(course), "items": course.feeds * course.items}
        config = _config(place, told | {"feeds": place.feeds(course) * course.polls})
        return [Program((sys.executable, "-m", "bench.race.bare", str(config)))]


class Celery:
    """A worker of Celery with two processes, and Redis between them, which is not counted."""

    name = "Celery 5.7"
    mode: Mode = "plain"
    quiet = 10.0
    restarts = True
    rests = False

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._runs = 0

    def programs(self, place: Place, course: Course) -> list[Program]:
        """Write what it is told; each run has a database of Redis of its own."""
        self._runs += 1
        told = {"feeds": place.feeds(course), "sinks": place.sinks(course), "polls": course.polls or 1}
        config = _config(place, told | {"broker": f"{self._broker}/{self._runs}"})
        words = (
            str(CELERY.absolute() / "bin" / "celery"),
            "-A",
            "tasks",
            "worker",
            "--concurrency",
            "2",
            "-l",
            "error",
        )
        here = {"CELERY_RACE": str(config), "PYTHONPATH": str(Path(__file__).parent)}
        return [Program(words, here)]


def _config(place: Place, told: dict[str, object]) -> Path:
    file = place.folder / "told.json"
    file.write_text(json.dumps(told))
    return file


def _house(place: Place, course: Course, database: str) -> Program:
    """Make a workspace whose one mapping is the course, or whose sources poll it; return the process that works."""
    scene = Scene(place.folder / "data", database)
    names = child.run(company, str(scene.folder), database, place.sinks(course))
    if course.posts:
        mapping = place.folder / "race.yaml"
        sources = {f"f{n}": {"kind": "feed", "url": url, "limit": course.items, "first_run": {"last": course.items}}
                   for n, url in enumerate(place.feeds(course))}  # fmt: skip
        sink = {"kind": "webhook", "from": list(sources), "accounts": names, "receiver": "deduplicates"}
        mapping.write_text(json.dumps({"mapping": "race", "sources": sources, "sinks": {"all": sink}}))
        _chappe(scene, "apply", str(mapping), "--yes")
    if course.polls:
        child.run(remember, str(scene.folder), database, *place.feeds(course), course.polls, LULL, 0)
    return Program(scene.program, scene.environment)


async def company(data: str, database: str, sinks: list[str]) -> list[str]:
    """Make a workspace whose company has an account at each sink; return their names."""
    await blank(data, ACME, database)
    store, now = open_store(Scene(Path(data), database).settings.database_url), SystemClock().now()
    names = [f"a{number}" for number in range(len(sinks))]

    def add(connection: Connection) -> None:
        workspace = workspaces.by_name(connection, ACME)
        for name, url in zip(names, sinks, strict=True):
            row = AccountRow(new_id(), workspace.id, name, "webhook", now, settings=json.dumps({"url": url}))
            accounts.add(connection, row)

    try:
        await store.write(add)
    finally:
        await store.close()
    return names


def _chappe(scene: Scene, *words: str) -> None:
    done = subprocess.run(  # noqa: S603  # it is our own program
        (*CHAPPE, *words), env={**os.environ, **scene.environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"chappe {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextmanager
def contestants(folder: Path) -> Iterator[tuple[list[Contestant], list[str]]]:
    """Give everybody who can race on this machine, and a sentence for each who cannot."""
    with ExitStack() as stack:
        server = stack.enter_context(start_postgres(durable=True))
        ours = (Embedded(), Distributed(server, 1), Distributed(server, 2))
        racing: list[Contestant] = [*ours, Bare(), Naive()]
        missing = []
        if shutil.which("redis-server"):
            _celery()
            racing.append(Celery(stack.enter_context(_redis(folder))))
        else:
            missing.append("Celery does not race: there is no redis-server on this machine (Debian: redis-server).")
        missing.append("n8n and Node-RED do not race: what they needed elsewhere is compared by way of the script.")
        yield racing, missing


def _celery() -> None:
    """Make Celery's environment, once."""
    if not (CELERY / "bin" / "celery").exists():
        venv.create(CELERY, with_pip=True, clear=True)
        install = (str(CELERY / "bin" / "pip"), "install", "--quiet", *CELERY_NEEDS)
        subprocess.run(install, check=True)  # noqa: S603  # named packages


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """Run a Redis that keeps nothing on disk, with a database for each run."""
    with socket.create_server((HERE, 0)) as free:
        port = free.getsockname()[1]
    words = ("redis-server", "--bind", HERE, "--port", str(port), "--save", "", "--databases", "64")
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL) as process:  # noqa: S603  # found on the PATH
        try:
            yield f"redis://{HERE}:{port}"
        finally:
            process.terminate()
