"""`chappe up` as a real process: it starts and ends; what it refuses is refused in this process."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import update

from api import credentials
from api.face import Role
from engine.clock import SystemClock
from engine.ids import new_id
from engine.store import sessions, users, workspaces
from engine.store.tables import sources
from engine.store.unit import open_store
from engine.store.users import Membership, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli

pytestmark = pytest.mark.long

LOOPBACK = {"CHAPPE_ALLOW_PRIVATE": "127.0.0.1"}
NEWS = """\
mapping: news
sources:
  blog: {kind: feed, url: https://blog.example.org/feed.xml}
sinks:
  partners: {kind: webhook, from: blog, accounts: [acme-hook]}
"""
BETWEEN = 0.5
"""Seconds between two looks: each is a command, which takes time that the process needs."""
RUN = "from api.cli.main import main; main()"


@contextmanager
def _up(cli: Cli, **environ: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | cli.environ | {"CHAPPE_PORT": "0"} | environ
    process = subprocess.Popen([sys.executable, "-c", RUN, "up"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _until(stream: IO[str] | None, words: str) -> str:
    """Read lines until one has these words; the time-out of the test bounds it."""
    assert stream is not None
    lines = []
    for line in stream:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


async def _signed_in(cli: Cli) -> None:
    """Let an owner be signed in, with a session whose token is `ours`."""
    store, now = open_store(cli.url), SystemClock().now()
    user = User(new_id(), "Ana", "ana@example.org", admin=False, state=users.ACTIVE, created_at=now)
    workspace = await store.read(workspaces.by_name, "acme")
    session = sessions.Session(credentials.hash_of("ours"), user.id, "password", now, now, now + timedelta(days=1))
    await store.write(users.add, user)
    await store.write(users.join, Membership(workspace.id, user.id, Role.OWNER, None, now))
    await store.write(sessions.begin, session)
    await store.close()


def _refused(cli: Cli, **environ: str) -> str:
    result = cli.run("up", **environ)
    assert result.exit_code == 1
    return result.stderr


@pytest.mark.usefixtures("logs_as_before")
def test_it_says_when_it_is_ready_refuses_a_second_process_and_ends_cleanly_while_somebody_listens(cast: Cli) -> None:
    cast.out("pause", "everything")  # so that nothing is asked of the network
    asyncio.run(_signed_in(cast))
    with _up(cast) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+", _until(process.stderr, "Chappe is ready: "))
        assert address
        assert cast.data("status")["runs"]
        for port in ("0", address[0].rpartition(":")[2]):
            _names_the_first(_refused(cast, CHAPPE_PORT=port), process.pid)
        events = f"{address[0]}/api/v1/workspaces/acme/events"
        cookies = {credentials.PLAIN_COOKIE: "ours"}
        with httpx.stream("GET", events, cookies=cookies, trust_env=False, timeout=20) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
            process.send_signal(signal.SIGINT)
            assert 'data: {"reason":"restarting"}' in list(lines)
        _until(process.stderr, "Ended.")

        assert process.wait(20) == 0
    assert not cast.data("status")["runs"]


def _names_the_first(sentence: str, first: int) -> None:
    assert sentence.startswith(f"chappe: Another process sends from this database: process {first} on ")
    assert ", since 20" in sentence
    assert sentence.endswith(f"Ctrl-C where it runs, or `kill {first}`, ends it. Several at once need PostgreSQL.\n")
    assert sentence.count("\n") == 1


@contextmanager
def _silence() -> Iterator[tuple[str, threading.Semaphore]]:
    """Give the URL of a receiver that takes requests and never answers, and what counts those that came."""
    came, held = threading.Semaphore(0), []

    def listen() -> None:
        with suppress(OSError):  # closed at the end
            while True:
                held.append(server.accept()[0])
                held[-1].recv(1)
                came.release()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in held:
        connection.close()


def _sending(cli: Cli, url: str) -> None:
    """Leave one delivery to that URL to be sent."""
    cli.out("init", "acme")
    cli.out("accounts", "add", "webhook", "acme-hook", "--set", f"url={url}")
    cli.out("apply", cli.write("news.yaml", NEWS))
    cli.arrive("We are hiring")
    cli.inside(_let_nobody_poll)


async def _let_nobody_poll(store: Store) -> None:
    def unit(connection: Connection) -> None:
        connection.execute(update(sources).values(next_poll_at=None))

    await store.write(unit)


def _states(cli: Cli) -> list[str]:
    return [row["state"] for row in cli.data("deliveries", "list")]


def test_it_ends_within_20_seconds_while_a_send_hangs_and_never_makes_it_again(bare: Cli) -> None:
    patient = {"CHAPPE_SEND_TIMEOUT": "60s", "CHAPPE_LEASE_RESERVE": "61s", "CHAPPE_LEASE": "120s"}
    with _silence() as (url, came):
        _sending(bare, url)
        with _up(bare, **LOOPBACK, **patient) as process:
            assert came.acquire(timeout=60)
            process.send_signal(signal.SIGTERM)
            _until(process.stderr, "Ended.")
            assert process.wait(20) == 0
        with _up(bare, **LOOPBACK) as process:
            _until(process.stderr, "ready")
            while _states(bare) != ["check_needed"]:  # the time-out of the test bounds it
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(BETWEEN)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0

        assert not came.acquire(blocking=False)


def test_a_second_ctrl_c_ends_it_at_once(bare: Cli) -> None:
    with _silence() as (url, came):
        _sending(bare, url)
        with _up(bare, **LOOPBACK) as process:
            assert came.acquire(timeout=60)
            process.send_signal(signal.SIGINT)
            _until(process.stderr, "Ctrl-C again ends at once.")
            process.send_signal(signal.SIGINT)

            assert process.wait(5) == -signal.SIGINT
        assert _states(bare) == ["sending"]


@pytest.mark.usefixtures("logs_as_before")
def test_a_port_in_use_is_one_sentence(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert _refused(cli, CHAPPE_PORT=str(port)) == (
            f"chappe: Nothing can listen at 127.0.0.1:{port}: Address already in use. End what uses it, or choose "
            "another port with CHAPPE_PORT.\n"
        )


@pytest.mark.usefixtures("logs_as_before")
def test_a_wrong_or_missing_key_file_is_one_sentence(cli: Cli, bare: Cli) -> None:
    bare.out("init")
    key = cli.folder / "chappe.key"
    key.write_bytes((bare.folder / "chappe.key").read_bytes())

    assert _refused(cli) == (
        "chappe: The key file is not the one that this database was sealed with: nothing is published. Set "
        "CHAPPE_KEY_FILE to the right file, or restore it from your backup.\n"
    )
    key.unlink()
    said = _refused(cli)
    assert said.startswith(f"chappe: The key file {key} cannot be read (FileNotFoundError).")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("logs_as_before")
def test_a_database_without_tables_is_one_sentence(bare: Cli) -> None:
    bare.folder.mkdir()

    said = _refused(bare)

    assert said.startswith(f"chappe: There is no database at {bare.folder}/chappe.db: run `chappe init`, or say ")
    assert said.count("\n") == 1
