"""A server of feeds as a process of its own.

`/etag` and `/plain` are one large feed that never changes, with and without a validator; `/alone` is the first of them
at a server that closes each connection, as if each reader were elsewhere. `/some/N/M` is the N-th of many feeds, of M
items each, with a validator; `/asked` says how many feeds were asked for.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

ITEMS = 50
PUBLISHED = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SENTENCE = "Nous recrutons des gens qui aiment la mer, le vent et les équipes qui rient. "
WORDS = SENTENCE * 56
ETAG = '"the-only-version"'
CLOSING = "connection: close\r\n"


def document() -> bytes:
    """Return an RSS document of about 219 kB."""
    return _rss((f"{number}", WORDS) for number in range(ITEMS))


@lru_cache(maxsize=1_000)
def some(feed: int, count: int) -> bytes:
    """Return an RSS document of so many short items, published when it is first asked for."""
    return _rss(
        ((f"{feed}-{number}", f"Message {number} of feed {feed}. {SENTENCE}") for number in range(count)),
        datetime.now(UTC),
    )


def _rss(items: Iterable[tuple[str, str]], published: datetime = PUBLISHED) -> bytes:
    date = format_datetime(published)
    listed = "".join(
        f"<item><title>Post {name}</title><link>https://acme.example/{name}</link>"
        f'<guid isPermaLink="false">post-{name}</guid><description>{words}</description>'
        f"<pubDate>{date}</pubDate></item>"
        for name, words in items
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Acme</title>'
    return f"{head}<link>https://acme.example/</link>{listed}</channel></rss>".encode()


class Feeds:
    """What all connections share."""

    def __init__(self) -> None:
        self.body = document()
        self.asked = 0

    def answer(self, request: bytes) -> bytes:
        """Return the whole answer to the head of a request."""
        path = request.split(b" ", 2)[1].decode()
        if path == "/asked":
            return _ok(str(self.asked).encode(), "text/plain")
        self.asked += 1
        if path == "/plain":
            return _ok(self.body)
        if ETAG.encode() in request:
            closing = CLOSING if path == "/alone" else ""
            return f"HTTP/1.1 304 Not Modified\r\netag: {ETAG}\r\n{closing}\r\n".encode()
        if path in ("/etag", "/alone"):
            return _ok(self.body, etag=ETAG)
        feed, count = path.removeprefix("/some/").split("/")
        return _ok(some(int(feed), int(count)), etag=ETAG)


def _ok(body: bytes, kind: str = "application/rss+xml", etag: str = "") -> bytes:
    tag = f"etag: {etag}\r\n" if etag else ""
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{tag}content-length: {len(body)}\r\n\r\n".encode() + body


class Connection(asyncio.Protocol):
    """HTTP/1.1 without bodies of requests, kept open."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
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
            answer = self._feeds.answer(request)
            self._transport.write(answer)
            if CLOSING.encode() in answer:
                self._transport.close()


async def serve() -> None:
    """Listen on loopback until standard input is closed."""
    loop = asyncio.get_running_loop()
    feeds = Feeds()
    server = await loop.create_server(lambda: Connection(feeds), "127.0.0.1", 0, backlog=1_000)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
