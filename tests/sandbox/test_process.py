"""The sandbox as a process: it says where it listens, survives a kill with its journal, and ends with its parent."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.feeds import NewEntry
from sandbox.journal import Journal
from sandbox.receivers import Settings
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOON = 30


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Start the sandbox on a free port; give the process and its first line."""
    command = [sys.executable, "-W", "error", "-m", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.jsonl")
    with started("--journal", journal) as (process, line):
        assert line["url"] == f"http://127.0.0.1:{line['port']}/"
        httpx.put(f"{line['url']}receivers/lea", json={"title": "Léa", "mode": "plain"})
        httpx.post(f"{line['url']}receivers/lea", json={"text": "é"}, headers={"webhook-id": "msg_1"})
        httpx.post(f"{line['url']}feeds/acme/entries", json={"title": "Neuf"})
        before = httpx.get(f"{line['url']}everything.json").json()
        process.kill()
        process.wait(SOON)
    with started("--journal", journal) as (_, line):
        after = httpx.get(f"{line['url']}everything.json").json()

    assert after["accounts"] == before["accounts"]
    assert after["feeds"] == before["feeds"]
    assert before["feeds"][0]["entries"][0]["title"] == "Neuf"


def test_it_ends_with_the_process_that_started_it() -> None:
    with started("--until-stdin-ends") as (process, _):
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(SOON) == 0


def test_it_ends_at_a_signal() -> None:
    with started() as (process, _):
        process.terminate()

        assert process.wait(SOON) in {0, -15}


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "sandbox", "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SOON)

    assert ended.returncode == 1
    assert ended.stderr == f"sandbox: port {port}: Address already in use.\n"
    assert ended.stdout == ""


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_line_that_a_kill_cut_short_never_happened(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    world = World(Journal(path))
    world.configure("lea", Settings(title="Léa"))
    whole = path.read_bytes()
    world.accept(world.receiver("lea"), "msg_1", {"text": "x"})
    world.close()
    path.write_bytes(path.read_bytes()[:-cut])

    again = World(Journal(path))
    again.accept(again.receiver("lea"), "msg_2", {"text": "y"})
    again.close()
    third = World(Journal(path))
    third.close()

    assert path.read_bytes().startswith(whole)
    assert [message.id for message in third.receiver("lea").messages] == ["msg_2"]


def test_keys_of_new_entries_stay_unique_over_starts(tmp_path: Path) -> None:
    keys = []
    for _ in range(3):
        world = World(Journal(tmp_path / "journal.jsonl"))
        keys.append(world.publish("acme", NewEntry(title="Neuf")).key)
        keys.append(world.publish("acme", NewEntry(title="Neuf")).key)
        world.close()

    assert len(set(keys)) == 6
