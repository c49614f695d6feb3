"""A server on loopback that misbehaves as it is told: raw TCP, one script per connection.

A script is a function of the conversation. Connections take the scripts in order, the last one for all that follow.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    Script = Callable[["Conversation"], Awaitable[None]]

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """What a client sent, parsed just far enough; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class FaultyServer:
    """`async with FaultyServer(script, ...) as server`: listens at `server.url` and keeps what it saw."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.scripts = scripts
        self.tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self.open = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until something is true of the server: a request came, all connections are closed."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: holds(self))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        self.open += 1
        task = asyncio.create_task(self._play(script, Conversation(self, reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, script: Script, peer: Conversation) -> None:
        await self._tell()
        try:
            await script(peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, which ends every script
        finally:
            peer.writer.close()
            self.open -= 1
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def keep(self, request: Request) -> None:
        """Add a request to those that came."""
        self.requests.append(request)
        await self._tell()


@dataclass
class Conversation:
    """One connection, as a script plays it."""

    server: FaultyServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> Request:
        """Read one whole request and keep it; raise IncompleteReadError when the client closes instead."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        request = Request(method, path, headers, body)
        await self.server.keep(request)
        return request

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; a header's underscores become hyphens."""
        await self.send(head(status, {"content-length": str(len(body)), **headers}) + body)

    def reset(self) -> None:
        """Break the connection off with a reset, not with a close."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing more until the client goes away."""
        await self.reader.read()


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return a status line and headers as bytes; a header's underscores become hyphens."""
    lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answers(status: int = 200, body: bytes = b"", **headers: str) -> Script:
    """Return a script that answers every request of its connection alike."""

    async def script(peer: Conversation) -> None:
        while True:
            await peer.read()
            await peer.answer(status, body, **headers)

    return script


def sends(data: bytes) -> Script:
    """Return a script that reads one request, sends these bytes and closes."""

    async def script(peer: Conversation) -> None:
        await peer.read()
        await peer.send(data)

    return script


async def closes_at_once(peer: Conversation) -> None:
    """Close before a byte of the request is read."""


async def resets_at_once(peer: Conversation) -> None:
    """Reset before a byte of the request is read."""
    peer.reset()


async def closes_after_request(peer: Conversation) -> None:
    """Read the request, answer nothing, close."""
    await peer.read()


async def resets_after_request(peer: Conversation) -> None:
    """Read the request, answer nothing, reset."""
    await peer.read()
    peer.reset()


async def resets_in_body(peer: Conversation) -> None:
    """Answer the first half of a body, then reset."""
    await peer.read()
    await peer.send(head(200, {"content-length": "100"}) + b"x" * 50)
    peer.reset()


async def hangs(peer: Conversation) -> None:
    """Read the request and say nothing."""
    await peer.read()
    await peer.hang()


async def hangs_in_body(peer: Conversation) -> None:
    """Answer the first half of a body, then nothing more."""
    await peer.read()
    await peer.send(head(200, {"content-length": "100"}) + b"x" * 50)
    await peer.hang()


async def never_ends(peer: Conversation) -> None:
    """Answer byte by byte, each at once, with far to go."""
    await peer.read()
    await peer.send(head(200, {"content-length": "900000"}))
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0)


async def goes_stale(peer: Conversation) -> None:
    """Answer one request and keep the connection; read a second one and close without an answer."""
    await peer.read()
    await peer.answer(200, b"first")
    await peer.read()


async def closes_when_idle(peer: Conversation) -> None:
    """Answer one request as if the connection stayed, and close it."""
    await peer.read()
    await peer.answer(200, b"first")


async def never_reads(peer: Conversation) -> None:
    """Take the connection and never read from it, so that a large request is stuck half way."""
    peer.reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to it
    await asyncio.Event().wait()


FAULTS: Mapping[str, Script] = {
    "closed before the request is read": closes_at_once,
    "reset before the request is read": resets_at_once,
    "closed after the request": closes_after_request,
    "reset after the request": resets_after_request,
    "another protocol": sends(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "a status line of garbage": sends(b"HTTP/1.1 banana\r\n\r\n"),
    "a negative length": sends(head(200, {"content-length": "-5"})),
    "chunks of no size": sends(head(200, {"transfer-encoding": "chunked"}) + b"zz\r\nhello"),
    "half the headers": sends(b"HTTP/1.1 200 OK\r\nContent-"),
    "half the body": sends(head(200, {"content-length": "100"}) + b"half"),
    "half a chunk": sends(head(200, {"transfer-encoding": "chunked"}) + b"9\r\nhalf"),
    "reset in the body": resets_in_body,
    "more than the length": sends(head(200, {"content-length": "2"}) + b"too long"),
    "silence": hangs,
    "silence in the body": hangs_in_body,
    "an answer drop by drop": never_ends,
}
"""Every way to leave a request without a whole answer, once its connection was taken."""
