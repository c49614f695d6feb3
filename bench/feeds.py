"""A server of one unchanged feed as a process of its own: `/etag` knows its validator, `/plain` has none."""

from __future__ import annotations

import asyncio
import json
import sys
from email.utils import format_datetime
from typing import TYPE_CHECKING

from bench.scene import EPOCH

if TYPE_CHECKING:
    from typing import Any

ITEMS = 50
WORDS = "Nous recrutons des gens qui aiment la mer, le vent et les équipes qui rient. " * 56
ETAG = '"the-only-version"'


def document() -> bytes:
    """Return an RSS document of about 219 kB."""
    date = format_datetime(EPOCH)
    items = "".join(
        f"<item><title>Post {number}</title><link>https://acme.example/{number}</link>"
        f'<guid isPermaLink="false">post-{number}</guid><description>{WORDS}</description>'
        f"<pubDate>{date}</pubDate></item>"
        for number in range(ITEMS)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Acme</title>'
    return f"{head}<link>https://acme.example/</link>{items}</channel></rss>".encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1 without bodies of requests, kept open."""

    def __init__(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\n"
        size = b"content-length: %d\r\n\r\n" % len(body)
        self._plain = head + size + body
        self._tagged = head + b"etag: " + ETAG.encode() + b"\r\n" + size + body
        self._same = b"HTTP/1.1 304 Not Modified\r\netag: " + ETAG.encode() + b"\r\n\r\n"
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            request, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        if request.startswith(b"GET /plain"):
            return self._plain
        return self._same if ETAG.encode() in request else self._tagged


async def serve() -> None:
    """Listen on loopback until standard input is closed."""
    loop = asyncio.get_running_loop()
    body = document()
    server = await loop.create_server(lambda: Connection(body), "127.0.0.1", 0, backlog=1_000)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
