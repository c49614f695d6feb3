"""Polls of real feeds: a real server, the real client and worker, both databases where rows matter."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from engine.http_client import HttpClient
from engine.wake import Kind
from tests.engine.run.polling import World
from tests.peers.feed_server import FeedServer, Page, item, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as started:
        yield started


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> AsyncIterator[World]:
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        world = World(store, clock, client)
        yield await world.begin()
        await world.offload.stop()


async def joined(world: World, server: FeedServer, path: str = "/feed") -> str:
    """Let a mapping of its own read the feed at a path."""
    return await world.join(f"reads {path}", kind="feed", settings=json.dumps({"url": server.url + path}))


async def test_a_feed_is_read_once_and_then_only_asked(world: World, server: FeedServer) -> None:
    source_id = await joined(world, server)
    server.put("/feed", Page(rss(item(2), item(1))))
    await world.poll(source_id)
    await world.poll(source_id)
    server.put("/feed", Page(rss(item(3), item(2), item(1))))
    await world.poll(source_id)
    assert server.answered == {("/feed", 200): 2, ("/feed", 304): 1}
    assert await world.states() == {"post-1": "seen", "post-2": "seen", "post-3": "new"}
    assert len(world.wake.keys(Kind.ROUTE)) == 1


async def test_a_feed_that_changes_all_its_guids_gives_nothing_new(world: World, server: FeedServer) -> None:
    source_id = await joined(world, server)
    server.put("/feed", Page(rss(*(item(n) for n in range(4, 0, -1)))))
    await world.poll(source_id)
    server.put("/feed", Page(rss(*(item(n, guid=f"other-{n}") for n in range(5, 0, -1)))))
    row = await world.poll(source_id)
    states = await world.states()
    assert [key for key, state in states.items() if state == "new"] == ["other-5"]
    assert len(states) == 5
    assert row.note == ""


async def test_a_feed_that_changes_everything_is_held(world: World, server: FeedServer) -> None:
    source_id = await joined(world, server)
    server.put("/feed", Page(rss(*(item(n) for n in range(1, 9)))))
    await world.poll(source_id)
    moved = (item(n + 10, title=f"Moved {n}", day=n, text="Other words.") for n in range(1, 9))
    server.put("/feed", Page(rss(*moved)))
    row = await world.poll(source_id)
    assert set((await world.states()).values()) == {"seen", "held"}
    assert row.note.startswith("8 posts were new at once")
    assert "None of the 8 posts" in row.note
    assert world.wake.woken == []


BROKEN = {
    "a page": (Page(b"<!DOCTYPE html><html></html>", "text/html"), "is a web page that names no feed"),
    "nothing": (Page(b""), "answered with an empty document"),
    "too much": (Page(b"x" * 6_000_000), "has 6.0 MB: at most 5.0 MB are read"),
    "a bomb": (Page(b"\0" * 4_000_000, packed=True), "grows more than 100 times"),
    "gone": (Page(status=410, validators=False), "answered 410: there is no feed at this address"),
    "forbidden": (Page(status=403, validators=False), "refused it with 403"),
    "trouble": (Page(status=500, validators=False), "answered 500"),
    "too often": (Page(status=429, validators=False, retry_after="600"), "answered 429 and asked to wait"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # test_poll.py looks at the rows on both
@pytest.mark.parametrize(("page", "sentence"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_feed_says_so_and_stops_no_other(
    world: World, server: FeedServer, page: Page, sentence: str
) -> None:
    broken, whole = await joined(world, server, "/broken"), await joined(world, server, "/whole")
    server.put("/broken", page)
    server.put("/whole", Page(rss(item(1))))
    await asyncio.gather(*(world.poller.poll(source_id) for source_id in (broken, whole)))
    row = await world.row(broken)
    assert sentence in row.note
    assert (row.state, row.failures, row.cursor) == ("failing", 1, None)
    assert await world.states() == {"post-1": "seen"}

    server.put("/broken", Page(rss(item(2))))
    row = await world.poll(broken)
    assert (row.state, row.note) == ("live", "")


async def test_a_feed_that_never_answers_holds_up_no_other(world: World, server: FeedServer) -> None:
    silent, whole = await joined(world, server, "/silent"), await joined(world, server, "/whole")
    server.put("/silent", Page(silent=True))
    server.put("/whole", Page(rss(item(1))))
    waiting = asyncio.create_task(world.poller.poll(silent))
    await world.poller.poll(whole)
    assert await world.states() == {"post-1": "seen"}
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (await world.row(silent)).polling_until is not None


async def test_a_note_on_a_feed_that_is_not_well_formed_stays_until_it_is(world: World, server: FeedServer) -> None:
    source_id = await joined(world, server)
    server.put("/feed", Page(rss(item(2), item(1)) + b"<"))
    for _ in range(2):
        row = await world.poll(source_id)
        assert row.note == "The feed is not well-formed (line 1: unclosed token); 2 entries could be read."
        assert row.state == "live"
    assert server.answered["/feed", 304] == 1
    server.put("/feed", Page(rss(item(2), item(1))))
    assert (await world.poll(source_id)).note == ""
