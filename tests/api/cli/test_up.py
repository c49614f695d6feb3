"""`chappe up` as a real process: it starts, refuses, and ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.cli.conftest import Cli

pytestmark = pytest.mark.serial

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


def _refused(cli: Cli, **environ: str) -> str:
    with _up(cli, **environ) as process:
        _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_ends_cleanly(cast: Cli, number: signal.Signals) -> None:
    cast.out("pause", "everything")  # so that nothing is asked of the network
    with _up(cast) as process:
        assert "Chappe is ready: http://127.0.0.1:" in _until(process.stderr, "ready")
        assert cast.data("status")["runs"]
        process.send_signal(number)
        _until(process.stderr, "Ended.")

        assert process.wait(20) == 0
    assert not cast.data("status")["runs"]


def test_a_second_process_on_the_same_file_is_refused_and_the_first_is_named(cast: Cli) -> None:
    cast.out("pause", "everything")
    with _up(cast) as first:
        _until(first.stderr, "ready")
        said = _refused(cast)

    assert said.startswith(f"chappe: Another process sends from this database: process {first.pid} on ")
    assert said.endswith("End it first, or use PostgreSQL to run several.\n")
    assert said.count("\n") == 1


def test_a_port_in_use_is_one_sentence(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert _refused(cli, CHAPPE_PORT=str(port)) == (
            f"chappe: Nothing can listen at 127.0.0.1:{port}: Address already in use. End what uses it, or choose "
            "another port with CHAPPE_PORT.\n"
        )


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


def test_a_database_without_tables_is_one_sentence(bare: Cli) -> None:
    bare.folder.mkdir()

    assert _refused(bare) == "chappe: The database has no tables yet: run `chappe migrate`.\n"
