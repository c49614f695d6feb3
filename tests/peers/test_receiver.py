"""The receiver of the kill tests keeps its word: it publishes what came whole, and its journal tells all of it."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peers import receiver
from tests.peers.receiver import Connection, Mode, Receiver, read_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PROGRAM = str(Path(receiver.__file__))


def post(key: str, body: bytes = b"{}", *, whole: bool = True) -> bytes:
    """Return a request as it stands on the wire; cut off in the middle of its body unless whole."""
    head = f"POST /in HTTP/1.1\r\nHost: x\r\nWebhook-Id: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + (body if whole else body[: len(body) // 2])


async def ask(port: int, *requests: bytes) -> list[int]:
    """Send requests over one connection, all at once, and return the statuses of their answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    statuses = []
    for _ in requests:
        head = await reader.readuntil(b"\r\n\r\n")
        statuses.append(int(head.split()[1]))
    writer.close()
    await writer.wait_closed()
    return statuses


class Listening:
    """A receiver in this process, and its port."""

    def __init__(self, mode: Mode, journal: Path, delay_ms: float) -> None:
        self.receiver = Receiver(mode, journal, seed=1, delay_ms=delay_ms)
        self.journal = journal

    async def start(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self.receiver), "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        return server

    def published(self) -> list[str]:
        return [entry.key for entry in read_journal(self.journal) if entry.published]


@pytest.fixture
async def listening(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Listening]:
    mode: Mode
    mode, delay_ms = getattr(request, "param", ("plain", 0))
    made = Listening(mode, tmp_path / "journal.jsonl", delay_ms)
    server = await made.start()
    yield made
    server.close()
    made.receiver.close()


async def test_what_comes_whole_is_published_with_its_hash(listening: Listening) -> None:
    assert await ask(listening.port, post("a", b'{"n":1}')) == [200]

    (entry,) = read_journal(listening.journal)
    assert (entry.key, entry.path, entry.published) == ("a", "/in", True)
    assert entry.sha256 == hashlib.sha256(b'{"n":1}').hexdigest()


@pytest.mark.parametrize("listening", [("plain", 0), ("plain", 2)], indirect=True)
async def test_requests_of_one_connection_are_answered_one_after_the_other(listening: Listening) -> None:
    keys = [f"k{number}" for number in range(20)]

    assert await ask(listening.port, *map(post, keys)) == [200] * 20
    assert listening.published() == keys


@pytest.mark.parametrize(
    ("listening", "expected"),
    [(("plain", 0), ["a", "a"]), (("readback", 0), ["a", "a"]), (("dedupe", 0), ["a"]), (("dedupe", 2), ["a"])],
    indirect=["listening"],
)
async def test_only_a_receiver_that_deduplicates_publishes_a_key_once(
    listening: Listening, expected: list[str]
) -> None:
    answers = await asyncio.gather(ask(listening.port, post("a")), ask(listening.port, post("a")))

    assert all(answer == [200] for answer in answers)
    assert listening.published() == expected
    assert len(read_journal(listening.journal)) == 2


@pytest.mark.parametrize("listening", [("readback", 0)], indirect=True)
async def test_reading_back_tells_what_is_there(listening: Listening) -> None:
    look = b"GET /messages/a HTTP/1.1\r\nHost: x\r\n\r\n"

    assert await ask(listening.port, look, post("a"), look) == [404, 200, 200]


async def test_a_plain_receiver_cannot_be_read_back_and_takes_posts_with_an_id_only(listening: Listening) -> None:
    nameless = b"POST /in HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    look = b"GET /messages/a HTTP/1.1\r\n\r\n"
    put = b"PUT /in HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"

    assert await ask(listening.port, nameless, look, put) == [400, 501, 405]
    assert listening.published() == []


async def test_a_body_that_ends_early_is_not_published(listening: Listening) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(post("cut", b"0123456789", whole=False))
    writer.close()
    await writer.wait_closed()

    assert await ask(listening.port, post("whole")) == [200]
    assert listening.published() == ["whole"]


@pytest.mark.parametrize("listening", [("plain", 5)], indirect=True)
async def test_what_came_whole_is_published_although_the_client_has_gone(listening: Listening) -> None:
    with socket.create_connection(("127.0.0.1", listening.port)) as client:
        client.sendall(post("gone"))
    for number in range(20):
        assert await ask(listening.port, post(f"k{number}")) == [200]

    assert "gone" in listening.published()


def test_the_same_seed_gives_the_same_delays(tmp_path: Path) -> None:
    one, two, three = (Receiver("plain", tmp_path / "journal", seed=seed, delay_ms=15) for seed in (7, 7, 8))
    drawn = [[made.delay() for _ in range(50)] for made in (one, two, three)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert all(0 <= delay <= 0.015 for delay in drawn[0])
    for made in (one, two, three):
        made.close()


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    made = Receiver("plain", journal, delay_ms=0)
    made.commit("a", "/in", b"{}")
    made.close()
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"key": "b"')

    assert [entry.key for entry in read_journal(journal)] == ["a"]
    assert read_journal(tmp_path / "none") == []


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    arguments = ["--journal", str(tmp_path / "journal"), "--mode", "dedupe", "--delay-ms", "0", "--with-parent"]
    command = [sys.executable, PROGRAM, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        yield started, json.loads(started.stdout.readline())["port"]
        started.kill()


def test_as_a_process_it_tells_its_port_and_remembers_after_a_restart(
    process: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    started, port = process
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("POST", "/in", body=b"{}", headers={"webhook-id": "a"})

    assert client.getresponse().status == 200
    client.close()
    started.terminate()
    assert started.wait(10) == 0
    again = Receiver("dedupe", tmp_path / "journal", delay_ms=0)
    again.commit("a", "/in", b"{}")
    again.close()
    assert [entry.published for entry in read_journal(tmp_path / "journal")] == [True, False]


def test_it_ends_with_its_parent(process: tuple[subprocess.Popen[str], int]) -> None:
    started, _ = process
    assert started.stdin is not None
    started.stdin.close()

    assert started.wait(10) == 0
