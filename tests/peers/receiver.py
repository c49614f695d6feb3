"""A receiver of posts as a process of its own, for kill tests and benches: `python tests/peers/receiver.py --help`.

It takes any POST with a `webhook-id`, commits it a moment later, and answers a moment after that, also when the client
has gone: so a kill at any instant meets every order of events. What it published stands in its journal, one JSON line
for each, flushed at the commit; a request whose body never came whole is none.

As `plain` it publishes whatever comes, as `dedupe` each webhook-id once, and as `readback` it publishes whatever comes
and tells by `GET /messages/{id}` whether that id is there. Its first line on standard output is `{"port": N}`. It ends
at SIGTERM, and with its parent when that closes its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

Mode = Literal["plain", "dedupe", "readback"]
MODES: tuple[Mode, ...] = ("plain", "dedupe", "readback")

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 501: "Not Implemented"}
MESSAGES = "/messages/"


class Entry(NamedTuple):
    """A line of the journal: a publication, or (of `dedupe`) a repetition that published nothing.

    `at` is when it was committed, after the request had come whole; `peer` the address that it came from.
    """

    key: str
    path: str
    sha256: str
    at: float
    published: bool
    peer: str = ""


def read_journal(path: Path) -> list[Entry]:
    """Return what was written so far; a line that is being written is not there yet."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [Entry(**json.loads(line)) for line in whole.splitlines()]


class Receiver:
    """What all connections share: the journal, what is published, and the seeded delays."""

    def __init__(self, mode: Mode, journal: Path, *, seed: int = 0, delay_ms: float = 15) -> None:
        self.mode = mode
        self.published = Counter(entry.key for entry in read_journal(journal) if entry.published)
        self._seconds = delay_ms / 1_000
        self._random = random.Random(seed)
        self._journal: TextIO = journal.open("a", encoding="utf-8")

    def delay(self) -> float:
        """Return the next moment to wait, in seconds: 0 of an instant receiver."""
        return self._random.uniform(0, self._seconds) if self._seconds else 0.0

    def commit(self, key: str, path: str, body: bytes, peer: str = "") -> None:
        """Publish, or note a repetition."""
        new = self.mode != "dedupe" or key not in self.published
        entry = Entry(key, path, hashlib.sha256(body).hexdigest(), time.time(), new, peer)
        self._journal.write(json.dumps(entry._asdict()) + "\n")
        self._journal.flush()
        if new:
            self.published[key] += 1

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


class Connection(asyncio.Protocol):
    """HTTP/1.1 with content lengths, kept open, one request after the other."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = bytearray()
        self._busy = False
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = transport.get_extra_info("peername")[0]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what came in part; what came whole is committed all the same."""
        self._transport = None
        self._buffer.clear()

    def data_received(self, data: bytes) -> None:
        """Take each request that is whole."""
        self._buffer += data
        self._next()

    def _next(self) -> None:
        while not self._busy and (request := self._take()) is not None:
            self._busy = True
            self._handle(*request)

    def _take(self) -> tuple[str, str, dict[str, str], bytes] | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        method, path, headers = read_head(self._buffer[:end].decode("latin-1"))
        whole = end + 4 + int(headers.get("content-length", "0"))
        if len(self._buffer) < whole:
            return None
        body = bytes(self._buffer[end + 4 : whole])
        del self._buffer[:whole]
        return method, path, headers, body

    def _handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        if method == "GET":
            self._answer(self._look(path))
        elif method != "POST":
            self._answer(405)
        elif not (key := headers.get("webhook-id")):
            self._answer(400)
        else:
            self._soon(self._commit, key, path, body)

    def _look(self, path: str) -> int:
        if self._receiver.mode != "readback":
            return 501
        return 200 if path.startswith(MESSAGES) and path[len(MESSAGES) :] in self._receiver.published else 404

    def _commit(self, key: str, path: str, body: bytes) -> None:
        self._receiver.commit(key, path, body, self._peer)
        self._soon(self._answer, 200)

    def _soon(self, act: Any, *args: Any) -> None:
        delay = self._receiver.delay()
        if delay:
            self._loop.call_later(delay, act, *args)
        else:
            act(*args)

    def _answer(self, status: int) -> None:
        self._busy = False
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-length: 0\r\n\r\n".encode())
        if self._buffer:
            self._loop.call_soon(self._next)


def read_head(head: str) -> tuple[str, str, dict[str, str]]:
    """Return the method, the path and the headers, names in lower case."""
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


async def serve(receiver: Receiver, host: str, port: int, *, with_parent: bool) -> None:
    """Listen until told to end."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), _end_of_input, done)
    server = await loop.create_server(lambda: Connection(receiver), host, port, backlog=1_000)
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await done.wait()
    server.close()


def _end_of_input(done: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        done.set()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mode", choices=MODES, default="plain")
    parser.add_argument("--journal", type=Path, required=True, help="what was published, appended")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--seed", type=int, default=0, help="of the delays")
    parser.add_argument("--delay-ms", type=float, default=15, help="at most, before the commit and before the answer")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    options = parser.parse_args()
    receiver = Receiver(options.mode, options.journal, seed=options.seed, delay_ms=options.delay_ms)
    asyncio.run(serve(receiver, options.host, options.port, with_parent=options.with_parent))
    receiver.close()


if __name__ == "__main__":
    main()
