"""Clients that mean no good, before a real `chappe up`: each gets a clear answer, and the process grows by little."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.cli.conftest import Cli

pytestmark = [pytest.mark.soak, pytest.mark.timeout(120)]

RUN = "from api.cli.main import main; main()"
MOST = 30_000
"""Kilobytes by which the process may grow."""

HEAD = b"POST /api/v1/session HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
FLOOD = HEAD + b"".join(b"x-%d: %s\r\n" % (number, b"y" * 90) for number in range(2_000)) + b"\r\n"
DEEP = b"[" * 100_000 + b"]" * 100_000
LARGE = b'{"email": "' + b"a" * 1_000_000 + b'@acme.example", "password": "three otters in a canoe"}'


@contextmanager
def _up(cli: Cli) -> Iterator[tuple[int, int]]:
    """Let `chappe up` run; gives its port and the id of its process."""
    environment = os.environ | cli.environ | {"CHAPPE_PORT": "0", "CHAPPE_RATE_LIMIT": "0"}
    process = subprocess.Popen([sys.executable, "-c", RUN, "up"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = next(match for line in process.stderr if (match := re.search(r"127\.0\.0\.1:(\d+)", line)))
        yield int(found[1]), process.pid
    finally:
        process.kill()
        process.communicate()


def _resident(pid: int) -> int:
    """Return how many kilobytes of memory a process has."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


def _with(body: bytes) -> bytes:
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


def _answer(port: int, request: bytes) -> int:
    """Send a request on a connection of its own; returns the status of the answer, 0 for none."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        return _said(connection)


def _said(connection: socket.socket) -> int:
    connection.settimeout(60)
    try:
        said = connection.recv(4_096)
    except ConnectionResetError:
        return 0
    found = re.match(rb"HTTP/1\.1 (\d{3})", said)
    return int(found[1]) if found else 0


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells by /proc how much memory a process has.")
def test_floods_slow_clients_and_large_and_deep_bodies_get_an_answer_and_no_memory(cli: Cli) -> None:
    with _up(cli) as (port, pid):
        warm = [_answer(port, request) for request in (FLOOD, _with(LARGE), _with(DEEP), _with(b"{}"))]
        before = _resident(pid)
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for nth, connection in enumerate(slow):
            connection.sendall(HEAD if nth % 2 else HEAD + b"content-length: 1000\r\n\r\n{")
        floods = Counter(_answer(port, FLOOD) for _ in range(200))
        large = Counter(_answer(port, _with(LARGE)) for _ in range(50))
        deep = Counter(_answer(port, _with(DEEP)) for _ in range(20))
        still = _answer(port, _with(b"{}"))
        grown = _resident(pid) - before
        ends = Counter(_said(connection) for connection in slow)  # a head that never comes gets no answer, but an end
        for connection in slow:
            connection.close()

    assert warm[-1] == still == 422
    assert all(400 <= status < 500 for status in (*floods, *large, *deep))
    assert ends == {0: 25, 408: 25}
    assert grown < MOST, (before, grown)
