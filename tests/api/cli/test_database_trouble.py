"""What the command line and `chappe up` say of a full disk, a read-only database and a wrong clock."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from engine.clock import SystemClock
from engine.store import tables
from tests.api.cli.conftest import MAPPING, Cli
from tests.peers.closed_folder import read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.store.unit import Store

FULL = "chappe: The disk of the database is full: nothing is sent until there is room.\n"
READ_ONLY = "chappe: The database is read-only: give this user the right to write to the file and its folder.\n"
UP_FULL = """\
from sqlalchemy import event
from sqlalchemy.engine import Engine
from api.cli.main import main
def no_more_pages(connection, record):
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
event.listen(Engine, "connect", no_more_pages)
main()
"""


pytestmark = pytest.mark.usefixtures("logs_as_before")


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no SQLite file grow by a page, which is what a full disk does to it."""

    def no_more_pages(connection: Any, record: Any) -> None:
        del record
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", no_more_pages)
    try:
        yield
    finally:
        event.remove(Engine, "connect", no_more_pages)


def _large() -> str:
    words = ", ".join(f"{'word' * 25}{number}" for number in range(500))
    return MAPPING.replace("[hiring]", f"[{words}]")


def test_with_a_full_disk_nothing_is_applied_and_everything_can_be_looked_at(cast: Cli) -> None:
    large = cast.write("news.yaml", _large())
    with full_disk():
        assert cast.refused(1, "apply", large) == FULL
        assert cast.data("status")["mappings"] == [{"name": "news", "title": "News to partners", "state": "active"}]
        assert "blog" in cast.out("sources", "list")

    cast.out("apply", large)


def test_up_goes_on_with_a_full_disk_says_so_and_loses_nothing(cast: Cli) -> None:
    cast.inside(_let_nobody_poll)
    cast.arrive(f"We are hiring: {'word ' * 40_000}", walked=False)
    environment = os.environ | cast.environ | {"CHAPPE_PORT": "0"}
    command = [sys.executable, "-c", UP_FULL, "up"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None
        said = next(line for line in up.stderr if "disk of the database is full" in line)
        assert "nothing is sent until there is room" in said
        assert up.poll() is None
        up.send_signal(signal.SIGINT)
        assert up.wait(20) == 0

    assert cast.inside(_routes) == ["new"]


async def _routes(store: Store) -> list[str]:
    return await store.read(lambda connection: list(connection.execute(select(tables.routes.c.state)).scalars()))


async def _let_nobody_poll(store: Store) -> None:
    nobody = update(tables.sources).values(next_poll_at=None)
    await store.write(lambda connection: connection.execute(nobody).rowcount)


@pytest.mark.parametrize(
    "command", [("status",), ("pause", "everything"), ("apply", "{}/news.yaml"), ("up",)], ids=lambda it: it[0]
)
def test_a_read_only_database_is_one_sentence_with_what_to_do(cast: Cli, command: tuple[str, ...]) -> None:
    cast.out("status")
    files = [cast.folder / name for name in ("chappe.db", "chappe.key", "news.yaml")]
    with read_only(*files) as folder:
        closed = dataclasses.replace(cast, folder=folder, url=f"sqlite:///{folder}/chappe.db")

        result = closed.run(*(part.format(folder) for part in command), CHAPPE_PORT="0")

    assert (result.exit_code, result.stderr) == (1, READ_ONLY)


def test_the_doctor_sees_a_clock_that_is_behind(cast: Cli) -> None:
    cast.inside(_read_in_an_hour)
    [look] = [look for look in json.loads(cast.run("doctor", "--json").stdout) if look["what"] == "clock"]

    assert (look["verdict"], look["sentence"]) == (
        "fail", "This machine's clock is 60 minutes behind what the database has seen, or was ahead before.",
    )  # fmt: skip


async def _read_in_an_hour(store: Store) -> None:
    later = update(tables.sources).values(last_poll_at=SystemClock().now() + timedelta(hours=1))
    await store.write(lambda connection: connection.execute(later).rowcount)
