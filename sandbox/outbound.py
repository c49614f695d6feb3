"""The only place from which the sandbox goes out: to fetch a picture or a page, and to tell an app by webhook.

It goes no further than this machine, speaks HTTP/1.0 so that an answer ends with its connection, and follows nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sandbox.oauth import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 32 * 1024 * 1024
WITHIN: Final = 10.0


class UnreachableError(Exception):
    """Nothing usable answered at an address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; names of headers are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """Send one request to an address of this machine."""
    parts = urlsplit(url)
    try:
        port = parts.port or 80
    except ValueError as error:
        raise UnreachableError(url) from error
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise UnreachableError(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.0", f"host: {parts.netloc}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    try:
        async with asyncio.timeout(WITHIN):
            raw = await _exchange(parts.hostname, port, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    except (OSError, TimeoutError) as error:
        raise UnreachableError(url) from error
    return _parsed(raw, url)


async def _exchange(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        await writer.drain()
        received = bytearray()
        while len(received) <= MOST and (chunk := await reader.read(65_536)):
            received += chunk
        return bytes(received)
    finally:
        writer.close()


def _parsed(raw: bytes, url: str) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status = first.split(" ")[1] if first.startswith("HTTP/1.") and " " in first else ""
    if not status.isdigit() or len(raw) > MOST:
        raise UnreachableError(url)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status), headers, body)
