"""Bodies are read within caps, whatever they claim to be."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DoubtfulError, RejectedError
from engine.http_client import HttpClient
from engine.http_client.body import UnusableBodyError, megabytes, read_body
from tests.peers.faulty_server import FaultyServer, answers, head, sends

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.peers.faulty_server import Conversation

CAP = 100_000
TEXT = b"".join(b"%d relays\n" % number for number in range(5_000))


class Chunks(httpx.AsyncByteStream):
    """A body in pieces that keeps count of what was taken."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body = body
        self._size = size
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._size):
            self.taken += self._size
            yield self._body[start : start + self._size]


async def read(body: bytes, coding: str = "", *, size: int = 4096, cap: int = CAP) -> bytes:
    headers = {"content-encoding": coding} if coding else {}
    return await read_body(httpx.Response(200, headers=headers, stream=Chunks(body, size)), "GET", cap)


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("size", [1, 7, 4096, 1_000_000])
@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        (" GZIP ", gzip.compress(TEXT[:10_000]) + gzip.compress(TEXT[10_000:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare(TEXT)),
        ("identity", TEXT),
    ],
)
async def test_what_was_packed_is_unpacked(coding: str, packed: bytes, size: int) -> None:
    assert await read(packed, coding, size=size) == TEXT


@given(data=st.binary(max_size=2_000), size=st.integers(1, 300), coding=st.sampled_from(["gzip", "deflate", ""]))
async def test_any_content_comes_back_in_any_chunks(data: bytes, size: int, coding: str) -> None:
    pack: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}
    packed = pack[coding](data)

    assert await read(packed, coding, size=size) == data


@given(noise=st.binary(max_size=200), coding=st.sampled_from(["gzip", "deflate"]))
async def test_noise_is_content_or_is_refused(noise: bytes, coding: str) -> None:
    try:
        await read(noise, coding, size=50)
    except UnusableBodyError as refused:
        assert refused.code in {"bad_encoding", "too_large"}  # noqa: PT017 - both outcomes are allowed


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("br", b"x", "packed as 'br'"),
        ("zstd", b"x", "packed as 'zstd'"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT)), "packed as 'gzip, gzip'"),
        ("gzip", TEXT, "damaged"),
        ("gzip", gzip.compress(TEXT)[:-20], "ends before"),
        ("gzip", gzip.compress(TEXT) + b"more", "damaged"),
        ("gzip", gzip.compress(b"") * 200, "goes on after"),
        ("deflate", zlib.compress(TEXT) + b"more", "goes on after"),
    ],
)
async def test_what_cannot_be_unpacked_is_refused(coding: str, body: bytes, reason: str) -> None:
    with pytest.raises(UnusableBodyError, match=reason) as refused:
        await read(body, coding)
    assert refused.value.code == "bad_encoding"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_the_cap_is_exact(pack: Callable[[bytes], bytes]) -> None:
    coding = "" if pack is bytes else "gzip"
    content = (TEXT * 3)[:CAP]

    assert await read(pack(content), coding) == content
    with pytest.raises(UnusableBodyError, match=r"at most 100 kB are read") as refused:
        await read(pack(content + b"!"), coding)
    assert refused.value.code == "too_large"


async def test_a_body_is_not_read_past_the_cap() -> None:
    stream = Chunks(b"x" * 1_000_000, 10_000)
    with pytest.raises(UnusableBodyError):
        await read_body(httpx.Response(200, stream=stream), "GET", CAP)

    assert stream.taken <= CAP + 10_000


async def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(1_000_000)
    bomb = b"".join(packer.compress(zeros) for _ in range(100)) + packer.flush()
    assert len(bomb) < 110_000

    tracemalloc.start()
    with pytest.raises(UnusableBodyError, match="attack") as refused:
        await read(bomb, "gzip", cap=1_000_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert refused.value.code == "too_large"
    assert peak < 20_000_000


async def test_a_small_body_may_shrink_as_much_as_it_likes() -> None:
    assert await read(gzip.compress(bytes(60_000)), "gzip") == bytes(60_000)


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD")])
async def test_an_answer_without_a_body_may_describe_one(status: int, method: str) -> None:
    headers = {"content-encoding": "br", "content-length": "50000000"}

    assert await read_body(httpx.Response(status, headers=headers), method, CAP) == b""


async def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    async def announces(peer: Conversation) -> None:
        await peer.read()
        await peer.send(head(200, {"content-length": "52000000"}))
        await peer.hang()

    async with FaultyServer(announces) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        with pytest.raises(RejectedError, match=r"has 52\.0 MB: at most 5\.0 MB are read") as refused:
            await client.fetch("GET", server.url)
        assert refused.value.code == "too_large"
        with pytest.raises(DoubtfulError, match=r"has 52\.0 MB: at most 1\.0 MB are read"):
            await client.publish("POST", server.url, content=b"{}")
        await server.until(lambda it: it.open == 0)


async def test_a_packed_answer_is_unpacked_and_a_damaged_one_is_not_used() -> None:
    good = answers(200, gzip.compress(TEXT), content_encoding="gzip")
    bad = sends(head(200, {"content-length": "4", "content-encoding": "gzip", "connection": "close"}) + b"oops")
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        async with FaultyServer(good) as server:
            assert (await client.fetch("GET", server.url)).body == TEXT
        async with FaultyServer(bad) as server:
            with pytest.raises(RejectedError, match="cannot be unpacked") as refused:
                await client.fetch("GET", server.url)
            assert refused.value.code == "bad_encoding"
            with pytest.raises(DoubtfulError, match="cannot be unpacked"):
                await client.publish("POST", server.url)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 kB"), (64_000, "64 kB"), (999_999, "1000 kB"), (5_000_000, "5.0 MB")]
)
def test_sizes_are_shown_to_people(count: int, shown: str) -> None:
    assert megabytes(count) == shown
