"""What servers give instead of a feed: each with a sentence that says what it is, and none of it harmful."""

from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING

import pytest

from connectors.feed.parsing import Document, Wish, read_feed
from connectors.feed.source import Config, Feed
from engine.contract.context import SourceContext
from engine.errors import RejectedError
from engine.http_client import HttpClient
from engine.offload import Offload, OffloadError
from engine.run.network import BoundHttp
from tests.connectors.feed.conftest import NOW
from tests.peers.feed_server import FeedServer, Page, item, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.feed.parsing import Parsed

HEAD = b'<?xml version="1.0"?>'


def read(body: bytes, content_type: str = "application/xml") -> Parsed:
    return read_feed(Document(body, content_type, "https://acme.example/feed"), Wish(50, "summary", NOW), ())


def laughs() -> bytes:
    lines = [b'<!ENTITY l0 "ha">', *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() for n in range(1, 10))]
    return HEAD + b"<!DOCTYPE rss [" + b"".join(lines) + b"]>" + rss(item(1, text="&l9;")).removeprefix(HEAD)


def quadratic() -> bytes:
    entity = b'<!DOCTYPE rss [<!ENTITY a "' + b"a" * 100_000 + b'">]>'
    return HEAD + entity + b"<rss version='2.0'><channel><item><title>" + b"&a;" * 100_000 + b"</title></item>"


OUTSIDE = (
    HEAD + b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss version="2.0"><channel>&x;</channel></rss>'
)
PARAMETER = HEAD + b'<!DOCTYPE r [<!ENTITY % x "y">%x;]><rss version="2.0"><channel></channel></rss>'

REFUSED = {
    "empty": (b"", "empty document"),
    "white space": (b" \r\n\t", "empty document"),
    "a page without a feed": (b"<!DOCTYPE html><html><body>Hi</body></html>", "is a web page that names no feed"),
    "a page without a doctype": (b"<html><head></head></html>", "is a web page that names no feed"),
    "plain text": (b"nothing to see here", "is neither RSS, Atom nor JSON Feed"),
    "other XML": (HEAD + b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is neither RSS, Atom nor JSON Feed"),
    "bytes at random": (bytes(range(1, 256)) * 50, "is neither RSS, Atom nor JSON Feed"),
    "the name of a file": (b"/etc/hostname", "is neither RSS, Atom nor JSON Feed"),
    "an address": (b"http://127.0.0.1:1/feed", "is neither RSS, Atom nor JSON Feed"),
    "broken JSON": (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "is not valid JSON"),
    "JSON of an API": (b'{"error": "not found"}', "something else than expected at version: field required"),
    "a JSON list": (b"[1, 2]", "something else than expected at its top"),
    "another JSON format": (b'{"version": "2.0", "items": []}', "is JSON, but no JSON Feed"),
    "deep JSON": (b'{"version": ' + b"[" * 100_000, "is not valid JSON"),
    "billion laughs": (laughs(), "as an attack does"),
    "billion laughs in UTF-16": (laughs().decode().encode("utf-16"), "as an attack does"),
    "quadratic blow-up": (quadratic(), "as an attack does"),
    "an entity from outside": (OUTSIDE, "as an attack does"),
    "a parameter entity": (PARAMETER, "as an attack does"),
}


@pytest.mark.parametrize(("body", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_feed_is_said_to_be_none(body: bytes, sentence: str) -> None:
    with pytest.raises(RejectedError, match=sentence) as caught:
        read(body)
    assert caught.value.code == "not_a_feed"
    assert str(caught.value).endswith(".")


def test_entities_for_single_characters_are_taken() -> None:
    body = (
        HEAD
        + b'<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY eacute "&#233;">]>'
        + rss(item(1, title="Caf&eacute;&nbsp;Acme")).removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
    )
    assert read(body).posts[0].title == "Café\xa0Acme"


@pytest.mark.parametrize("depth", [1_000, 10_000])
def test_deep_html_in_an_entry_loses_its_tags_and_keeps_its_words(depth: int) -> None:
    body = rss(item(1, text="&lt;div&gt;" * depth + "words &lt;b&gt;kept&lt;/b&gt;"))
    post = read(body).posts[0]
    assert post.text == "words kept"
    assert "<" not in (post.html or "")


def test_a_feed_cut_off_anywhere_gives_whole_entries_or_is_refused() -> None:
    body = rss(item(3), item(2), item(1))
    whole = {post.key: post for post in read(body).posts}
    for end in range(0, len(body), 7):
        try:
            posts = read(body[:end]).posts
        except RejectedError:
            continue
        assert all(post == whole[post.key] for post in posts)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as started:
        yield started


@pytest.fixture
async def offload() -> AsyncIterator[Offload]:
    """Give the real worker process."""
    started = Offload()
    yield started
    await started.stop()


@pytest.fixture
async def context(offload: Offload) -> AsyncIterator[SourceContext]:
    """Give the real client, and the real worker process."""
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        source = Feed(Config.model_validate({"url": "https://acme.example"}))
        yield SourceContext(BoundHttp(client, source), offload.run, NOW)


def feed(url: str) -> Feed:
    return Feed(Config.model_validate({"url": url}))


async def test_a_document_of_50_mb_is_not_read(server: FeedServer, context: SourceContext) -> None:
    url = server.put("/feed", Page(rss(*[item(1, text="x" * 1_000_000)] * 50)))
    with pytest.raises(RejectedError, match=r"has 50\.0 MB: at most 5\.0 MB are read") as caught:
        await feed(url).fetch(None, context)
    assert caught.value.code == "too_large"


async def test_a_document_that_grows_when_unpacked_is_not_read(server: FeedServer, context: SourceContext) -> None:
    bomb = b"\0" * 50_000_000
    assert len(gzip.compress(bomb)) < 60_000
    url = server.put("/feed", Page(bomb, packed=True))
    with pytest.raises(RejectedError, match="grows more than 100 times when it is unpacked") as caught:
        await feed(url).fetch(None, context)
    assert caught.value.code == "too_large"


async def test_elements_nested_without_end_stop_the_worker_and_not_the_source(
    server: FeedServer, context: SourceContext, offload: Offload
) -> None:
    deep = HEAD + b'<rss version="2.0"><channel><item>' + b"<x>" * 1_000_000
    url = server.put("/feed", Page(deep))

    with pytest.raises(OffloadError, match="came to no end within 1 s"):
        await feed(url).fetch(None, SourceContext(context.http, partial(offload.run, timeout=1.0), NOW))
    server.put("/feed", Page(rss(item(1))))
    assert len((await feed(url).fetch(None, context)).posts) == 1


async def test_a_real_server_a_real_worker_and_packed_bytes(server: FeedServer, context: SourceContext) -> None:
    server.put("/new", Page(rss(item(2), item(1)), packed=True))
    url = server.put("/old", Page(moved_to="/new"))
    batch = await feed(url).fetch(None, context)
    assert [post.key for post in batch.posts] == ["post-1", "post-2"]
    again = await feed(url).fetch(batch.cursor, context)
    assert again.unchanged
    assert server.answered["/new", 304] == 1
