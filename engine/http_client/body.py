"""Read the body of an answer within caps: bytes on the wire, bytes unpacked, and how much one byte may become.

An answer of a stranger may be endless, or a few kilobytes that unpack to gigabytes. Nothing here is given to a library
that unpacks everything first.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx

ACCEPTED = "gzip, deflate"
MAX_RATIO = 100
RATIO_FLOOR = 64_000
_MEMBERS = 100
_GZIP = zlib.MAX_WBITS | 16
_EMPTY_STATUSES = frozenset({204, 304})


class UnusableBodyError(Exception):
    """The answer came, but its body breaks a cap or cannot be unpacked.

    `code` is `too_large` or `bad_encoding`; the text goes on after *the answer of such an address*.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.code = code


async def read_body(response: httpx.Response, method: str, max_bytes: int) -> bytes:
    """Return the whole body, unpacked; raise UnusableBodyError when it breaks a cap."""
    headers = response.headers
    if method == "HEAD" or response.status_code in _EMPTY_STATUSES:
        return b""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise _too_large(f"has {megabytes(int(length))}", max_bytes)
    coding = headers.get("content-encoding", "identity").strip().lower()
    sink = _Plain(max_bytes) if coding in {"identity", ""} else _Packed(coding, max_bytes)
    chunks = cast("AsyncGenerator[bytes, None]", aiter(cast("httpx.AsyncByteStream", response.stream)))
    try:
        async for chunk in chunks:
            sink.feed(chunk)
    finally:
        await chunks.aclose()
    return sink.finish()


def megabytes(count: int) -> str:
    """Return a number of bytes for a person: `5.0 MB`, `700 kB`."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"  # noqa: PLR2004 - SI prefixes


class _Plain:
    """A body that is as it was sent."""

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._max:
            raise _too_large("has more", self._max)
        self._parts.append(chunk)

    def finish(self) -> bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


class _Packed:
    """A body that was packed once, by gzip (in one or several members) or deflate (with zlib's header or bare)."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise UnusableBodyError(f"is packed as {coding[:40]!r}, which was not asked for", code="bad_encoding")
        self._gzip = coding != "deflate"
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._received = 0
        self._plain = _Plain(max_bytes)
        self._max = max_bytes
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received > self._max:
            raise _too_large("has more even while packed", self._max)
        while chunk:
            inflater = self._inflater or self._begin(chunk)
            try:
                piece = inflater.decompress(chunk, self._max - self._size + 1)
            except zlib.error:
                raise UnusableBodyError("cannot be unpacked: its bytes are damaged", code="bad_encoding") from None
            self._keep(piece)
            chunk = inflater.unconsumed_tail or inflater.unused_data
            if inflater.eof:
                self._inflater = None

    def finish(self) -> bytes:
        if self._inflater is not None:
            raise UnusableBodyError("ends before its packed content does", code="bad_encoding")
        return self._plain.finish()

    def _begin(self, chunk: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > (_MEMBERS if self._gzip else 1):
            raise UnusableBodyError("goes on after its packed content ended", code="bad_encoding")
        # RFC 9110, 8.4.1.2: deflate means zlib's format, whose first byte ends in 8; some servers send it bare.
        bare = not self._gzip and chunk[0] & 0x0F != zlib.DEFLATED
        self._inflater = zlib.decompressobj(_GZIP if self._gzip else -zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
        return self._inflater

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > max(RATIO_FLOOR, self._received * MAX_RATIO):
            raise UnusableBodyError(
                f"grows more than {MAX_RATIO} times when it is unpacked, as an attack does", code="too_large"
            )
        self._plain.feed(piece)


def _too_large(what: str, cap: int) -> UnusableBodyError:
    return UnusableBodyError(f"{what}: at most {megabytes(cap)} are read", code="too_large")
