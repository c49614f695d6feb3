"""Against a real server: heads that never end, floods of headers, bodies that stop halfway."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import FastAPI

from api import problems
from api.guards import HEAD_MOST, Bodies, Doorman
from api.server import PatientProtocol, configured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SOON = 0.2


class Hasty(PatientProtocol):
    head_within = SOON


class Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def application() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Bodies, within=SOON)
    app.add_middleware(Doorman)

    @app.post("/echo")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    return app


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """Serve on loopback, and give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Quiet(configured(application(), protocol=Hasty))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


async def said(port: int, *parts: bytes) -> bytes:
    """Send parts, and return all that comes until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    answer = bytearray()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while part := await reader.read(65_536):
                answer += part
    writer.close()
    return bytes(answer)


HEAD = b"POST /echo HTTP/1.1\r\nhost: chappe\r\ncontent-type: application/json\r\n"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_what_comes_slowly_or_without_end_is_ended_with_a_clear_answer() -> None:
    flood = b"connection: close\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(200))
    async with served() as port:
        head, many, endless, half, whole = await asyncio.gather(
            said(port, HEAD),
            said(port, HEAD, flood, b"\r\n"),
            said(port, HEAD, b"x: ", b"y" * 20 * HEAD_MOST),
            said(port, HEAD, b"content-length: 20\r\n\r\n", b'{"a":'),
            said(port, HEAD, b"connection: close\r\ncontent-length: 2\r\n\r\n{}"),
        )

    assert head == b""
    assert many.startswith(b"HTTP/1.1 431 ")
    assert endless.startswith(b"HTTP/1.1 400 ") or endless == b""  # the answer may be lost with what was not read
    assert half.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in half
    assert whole.startswith(b"HTTP/1.1 200 ")
    assert whole.endswith(b"{}")
    assert b"\r\nserver:" not in whole
