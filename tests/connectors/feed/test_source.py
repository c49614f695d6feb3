"""The feed source: what it asks the server, and when it reads the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.feed.memory import read_cursor
from engine.errors import RejectedError, TransientError
from tests.peers.feed_server import item, rss

if TYPE_CHECKING:
    from tests.connectors.feed.conftest import Reader, ReaderOf

PAGE = b"""<!DOCTYPE html><html><head><base href="https://acme.example/blog/"><title>Acme</title>
<link rel="alternate" type="application/rss+xml" title="Acme - Comments" href="/comments/feed">
<link rel="stylesheet alternate" type="text/css" href="x.css">
<link rel="alternate" type="application/atom+xml" title="Acme" href="atom.xml"></head><body>Hello</body></html>"""
HOME = "https://acme.example/feed.xml"
FOUND = "https://acme.example/blog/atom.xml"


async def test_the_first_poll_gives_the_entries_oldest_first(reader: Reader) -> None:
    reader.answers(rss(item(3), item(2), item(1)))
    batch = await reader.poll()
    assert [post.key for post in batch.posts] == ["post-1", "post-2", "post-3"]
    assert batch.window == 3
    assert not batch.unchanged
    assert batch.note == ""


async def test_the_next_poll_sends_back_what_the_server_gave_to_tell_versions(reader: Reader) -> None:
    reader.answers(rss(item(1)), ETag='W/"abc"', Last_Modified="Mon, 05 Jan 2026 08:00:00 GMT")
    reader.answers(b"", 304)
    await reader.poll()
    batch = await reader.poll()
    first, second = reader.http.asked
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == 'W/"abc"'
    assert second.headers["if-modified-since"] == "Mon, 05 Jan 2026 08:00:00 GMT"
    assert batch.unchanged
    assert batch.posts == ()
    assert batch.cursor == reader.cursors[1]


async def test_the_same_bytes_are_not_read_again(reader: Reader) -> None:
    reader.answers(rss(item(1)))
    await reader.poll()
    batch = await reader.poll()
    assert batch.unchanged
    assert reader.read == 1
    assert batch.cursor == reader.cursors[1]


async def test_a_new_version_is_read(reader: Reader) -> None:
    reader.answers(rss(item(1)), ETag='"1"')
    reader.answers(rss(item(2), item(1)), ETag='"2"')
    await reader.poll()
    batch = await reader.poll()
    assert [post.key for post in batch.posts] == ["post-1", "post-2"]
    assert read_cursor(batch.cursor).version.etag == '"2"'


async def test_only_the_newest_entries_are_looked_at(reader_of: ReaderOf) -> None:
    reader = reader_of(limit=2)
    reader.answers(rss(*(item(number) for number in (5, 4, 3, 2, 1))))
    batch = await reader.poll()
    assert [post.key for post in batch.posts] == ["post-4", "post-5"]
    assert batch.window == 2


async def test_a_page_leads_to_the_feed_that_it_names_and_the_feed_is_asked_from_then_on(reader: Reader) -> None:
    reader.answers(PAGE)
    reader.answers(rss(item(1)), url=FOUND, ETag='"1"')
    assert [post.key for post in (await reader.poll()).posts] == ["post-1"]
    await reader.poll()
    assert [asked.url for asked in reader.http.asked] == [HOME, FOUND, FOUND]
    assert reader.http.asked[2].headers["if-none-match"] == '"1"'


async def test_a_found_feed_that_is_gone_is_looked_for_again(reader: Reader) -> None:
    reader.answers(PAGE)
    reader.answers(PAGE.replace(b"atom.xml", b"new.xml"))
    reader.answers(rss(item(1)), url=FOUND)
    reader.answers(b"", 404, url=FOUND)
    reader.answers(rss(item(1), item(2)), url="https://acme.example/blog/new.xml")
    await reader.poll()
    batch = await reader.poll()
    assert [post.key for post in batch.posts] == ["post-1", "post-2"]
    assert read_cursor(batch.cursor).version.url == "https://acme.example/blog/new.xml"


async def test_a_page_that_names_a_page_is_refused(reader: Reader) -> None:
    reader.answers(PAGE)
    reader.answers(PAGE, url=FOUND)
    with pytest.raises(RejectedError, match="there is another web page"):
        await reader.poll()


@pytest.mark.parametrize("status", [404, 410])
async def test_a_feed_that_is_gone_is_said_to_be(reader: Reader, status: int) -> None:
    reader.answers(b"gone", status)
    with pytest.raises(RejectedError, match=f"answered {status}: there is no feed at this address") as caught:
        await reader.poll()
    assert caught.value.code == "gone"


async def test_a_server_in_trouble_is_asked_again_later(reader: Reader) -> None:
    reader.answers(b"oops", 502)
    with pytest.raises(TransientError, match="502"):
        await reader.poll()


@pytest.mark.parametrize("cursor", ["", "not json", "[]", '{"etag": 5}', '{"memory": "[[1]]"}'])
async def test_a_cursor_that_cannot_be_read_is_as_none(reader: Reader, cursor: str) -> None:
    reader.cursors = [cursor]
    reader.answers(rss(item(1)))
    assert [post.key for post in (await reader.poll()).posts] == ["post-1"]


async def test_the_same_cursor_gives_the_same_keys(reader: Reader) -> None:
    reader.answers(rss(item(1), item(2)))
    reader.answers(rss(item(1, guid="changed-1"), item(2, guid="changed-2"), item(3)))
    await reader.poll()
    before = reader.cursors[-1]
    first = await reader.poll()
    reader.cursors.append(before)
    again = await reader.poll()
    assert [post.key for post in again.posts] == [post.key for post in first.posts] == ["post-1", "post-2", "post-3"]
    assert again.cursor == first.cursor


async def test_the_full_text_is_taken_on_wish(reader_of: ReaderOf) -> None:
    body = b"""{"version": "https://jsonfeed.org/version/1.1", "items":
        [{"id": "1", "title": "T", "summary": "Short.", "content_html": "<p>Long <b>and</b> more.</p>"}]}"""
    texts = []
    for choice in ("summary", "full"):
        reader = reader_of(text=choice)
        reader.answers(body)
        texts.append((await reader.poll()).posts[0].text)
    assert texts == ["Short.", "Long and more."]
