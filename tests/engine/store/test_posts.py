"""Posts are kept once, with their former words; and what we published ourselves is known again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.graph import FirstRun
from engine.ids import new_id
from engine.model.delivery import State
from engine.store import posts, tables, traces
from engine.store.posts import Incoming, Placed, PostRow, Revised
from engine.store.sources import Join
from engine.store.traces import Trace

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


@pytest.fixture
async def source(rows: Rows, now: datetime) -> str:
    """Give a source."""
    source_id = new_id()
    await rows.add(
        tables.sources, id=source_id, name="page", kind="feed", identity="i", settings="{}", every_s=60, created_at=now
    )
    return source_id


def incoming(key: str, **values: Any) -> Incoming:
    whole = Incoming(new_id(), key, f"hash of {key}", f"words of {key}", f"https://acme.example/{key}", "{}", None)
    return whole._replace(**values)


async def keep(store: Store, rows: Rows, source: str, now: datetime, *found: Incoming, state: str = posts.NEW) -> None:
    placed = [Placed(post, state, "Because.") for post in found]
    assert await store.write(posts.insert, rows.workspace, source, placed, now) == {post.id for post in found}


async def kept(store: Store, post_id: str) -> PostRow:
    row = await store.read(posts.get, post_id)
    assert row is not None
    return row


async def test_a_post_is_kept_with_its_state_and_reason(store: Store, rows: Rows, source: str, now: datetime) -> None:
    post = incoming("a", published_at=now - timedelta(hours=1), document='{"key": "a"}')
    await keep(store, rows, source, now, post, state=posts.HELD)
    row = await kept(store, post.id)
    assert (row.key, row.state, row.reason, row.revision) == ("a", "held", "Because.", 1)
    assert (row.published_at, row.seen_at, row.changed_at) == (now - timedelta(hours=1), now, now)
    assert (row.document, row.permalink) == ('{"key": "a"}', "https://acme.example/a")
    assert await store.read(posts.held_count, source) == 1
    assert await store.read(posts.get, new_id()) is None


async def test_a_key_is_kept_once_whoever_writes_it(store: Store, rows: Rows, source: str, now: datetime) -> None:
    first, second = incoming("a"), incoming("a")
    await keep(store, rows, source, now, first)
    placed = [Placed(second, posts.NEW, ""), Placed(incoming("b"), posts.NEW, "")]
    written = await store.write(posts.insert, rows.workspace, source, placed, now)
    assert second.id not in written
    assert len(written) == 1
    found = await store.read(posts.known, source, ["a", "b", "c"])
    assert found["a"] == (first.id, "a", 1, "hash of a")
    assert set(found) == {"a", "b"}


async def test_a_change_keeps_what_was_there_before(store: Store, rows: Rows, source: str, now: datetime) -> None:
    post = incoming("a", document='"one"')
    await keep(store, rows, source, now, post)
    for number, words in enumerate(("two", "three"), 1):
        known = (await store.read(posts.known, source, ["a"]))["a"]
        changed = post._replace(document=f'"{words}"', content_hash=words, fingerprint=words, permalink=None)
        later = now + timedelta(hours=number)
        await store.write(posts.revise, [Revised(known, changed, new_id())], later)
    row = await kept(store, post.id)
    assert (row.revision, row.document, row.content_hash, row.permalink) == (3, '"three"', "three", None)
    assert row.changed_at == now + timedelta(hours=2)
    assert await rows.read(tables.post_revisions, "revision", "document", "at") == [
        (1, '"one"', now),
        (2, '"two"', now + timedelta(hours=1)),
    ]


async def test_of_a_post_that_changes_all_the_time_the_last_revisions_are_kept(
    store: Store, rows: Rows, source: str, now: datetime
) -> None:
    post = incoming("a")
    await keep(store, rows, source, now, post)
    for number in range(posts.REVISIONS_KEPT + 5):
        known = (await store.read(posts.known, source, ["a"]))["a"]
        await store.write(posts.revise, [Revised(known, post._replace(content_hash=str(number)), new_id())], now)
    revisions = [row[0] for row in await rows.read(tables.post_revisions, "revision")]
    assert revisions == list(range(6, posts.REVISIONS_KEPT + 6))


async def test_what_waits_to_be_routed_is_found_oldest_first(
    store: Store, rows: Rows, source: str, now: datetime
) -> None:
    found = [incoming(key) for key in "abc"]
    await keep(store, rows, source, now, *found)
    await keep(store, rows, source, now, incoming("d"), state=posts.SEEN)
    assert await store.read(posts.unrouted, 2) == [found[0].id, found[1].id]
    await store.write(posts.mark, [found[0].id], posts.ROUTED)
    assert await store.read(posts.unrouted, 5) == [found[1].id, found[2].id]


@pytest.mark.parametrize("state", [posts.NEW, posts.SEEN])
async def test_a_person_ends_the_hold_of_a_source(
    store: Store, rows: Rows, source: str, now: datetime, state: str
) -> None:
    held = [incoming(key) for key in "ab"]
    await keep(store, rows, source, now, *held, state=posts.HELD)
    await keep(store, rows, source, now, incoming("c"), state=posts.ECHO)
    assert await store.write(posts.settle_held, source, state, "Looked at.") == [post.id for post in held]
    assert [(await kept(store, post.id)).state for post in held] == [state, state]
    assert await store.read(posts.held_count, source) == 0


async def test_people_find_posts_by_time_and_by_the_end_of_an_id(
    store: Store, rows: Rows, source: str, now: datetime
) -> None:
    old, new = incoming("old"), incoming("new")
    await keep(store, rows, source, now - timedelta(days=1), old)
    await keep(store, rows, source, now, new)
    assert [row.key for row in await store.read(posts.newest, rows.workspace)] == ["new", "old"]
    assert [row.key for row in await store.read(posts.newest, rows.workspace, source_id=source, limit=1)] == ["new"]
    assert [row.key for row in await store.read(posts.ending_in, rows.workspace, old.id[-8:].upper())] == ["old"]
    assert await store.read(posts.ending_in, rows.workspace, "%") == []
    assert await store.read(posts.newest, new_id()) == []


FIRST_RUNS = {
    "nothing": (FirstRun(), ""),
    "the last two": (FirstRun(last=2), "bc"),
    "more than there are": (FirstRun(last=9), "abc"),
}


@pytest.mark.parametrize(("wish", "keys"), FIRST_RUNS.values(), ids=FIRST_RUNS)
async def test_a_join_gets_of_older_posts_what_it_asks_for(
    store: Store, rows: Rows, source: str, now: datetime, wish: FirstRun, keys: str
) -> None:
    found = {key: incoming(key, published_at=now - timedelta(days=4 - n)) for n, key in enumerate("abcd")}
    await keep(store, rows, source, now, *(found[key] for key in "cab"), state=posts.SEEN)
    await keep(store, rows, source, now, found["d"], state=posts.ECHO)
    join = Join(rows.workspace, "m", "v", "page", source, wish)
    assert await store.read(posts.for_first_run, join) == [found[key].id for key in keys]
    since = join._replace(first_run=FirstRun(since=now - timedelta(days=3)))
    assert await store.read(posts.for_first_run, since) == [found[key].id for key in "bc"]


async def test_a_join_opens_routes_for_itself_alone_and_once(
    store: Store, rows: Rows, source: str, now: datetime
) -> None:
    seen, new = incoming("a"), incoming("b")
    await keep(store, rows, source, now, seen, state=posts.SEEN)
    await keep(store, rows, source, now, new)
    join = Join(rows.workspace, new_id(), "v", "page", source, FirstRun(last=2))
    for _ in range(2):
        await store.write(posts.open_routes, join, [seen.id, new.id], now, new_id)
    assert await rows.read(tables.routes, "post_id", "mapping_id", "state") == [
        (seen.id, join.mapping_id, "new"),
        (new.id, join.mapping_id, "new"),
    ]
    assert (await kept(store, seen.id)).state == posts.ROUTED
    assert (await kept(store, new.id)).state == posts.NEW, "its other mappings still wait for it"


async def published(rows: Rows, now: datetime, **values: Any) -> None:
    """Add a delivery with the words `ours`."""
    content = new_id()
    await rows.add(tables.contents, id=content, hash="", fingerprint="ours", document="{}", created_at=now)
    state = values.pop("state", State.SENT)
    await rows.delivery(await rows.account(new_id()), state, **{"content_id": content, "sent_at": now} | values)


ECHOES = {
    "its address": ({"permalink": "https://x.example/1"}, {"url": "https://x.example/1"}, True),
    "its address as key": ({"key": "https://x.example/1"}, {"url": "https://x.example/1"}, True),
    "its id": ({"key": "at://did/post/1"}, {"remote_id": "at://did/post/1"}, True),
    "its words": ({"fingerprint": "ours"}, {}, True),
    "its words, perhaps out": ({"fingerprint": "ours"}, {"state": State.DOUBTFUL, "sent_at": None}, True),
    "its words, not out": ({"fingerprint": "ours"}, {"state": State.PLANNED, "sent_at": None}, False),
    "no words": ({"fingerprint": ""}, {}, False),
    "nothing of it": ({}, {"url": "https://x.example/1", "remote_id": "1"}, False),
}


@pytest.mark.parametrize(("theirs", "ours", "echo"), ECHOES.values(), ids=ECHOES)
async def test_what_we_published_is_known_again(
    store: Store, rows: Rows, now: datetime, theirs: dict[str, Any], ours: dict[str, Any], echo: bool
) -> None:
    await published(rows, now, **ours)
    post = incoming("a")._replace(**theirs)
    found = await store.read(posts.published_before, rows.workspace, [post, incoming("b")], now - timedelta(days=7))
    assert list(found) == ([post.id] if echo else [])
    assert found.get(post.id, "") in {"", ours.get("url"), ours.get("remote_id")}


async def test_words_are_ours_for_a_time_only_and_in_our_workspace_only(
    store: Store, rows: Rows, now: datetime
) -> None:
    await published(rows, now, sent_at=now - timedelta(days=8))
    post = incoming("a", fingerprint="ours")
    assert await store.read(posts.published_before, rows.workspace, [post], now - timedelta(days=7)) == {}
    assert await store.read(posts.published_before, rows.workspace, [post], now - timedelta(days=9)) == {post.id: ""}
    assert await store.read(posts.published_before, new_id(), [post], now - timedelta(days=9)) == {}
    assert await store.read(posts.published_before, rows.workspace, [], now) == {}


async def test_the_trace_of_a_post_tells_what_happened_in_order(store: Store, rows: Rows, now: datetime) -> None:
    lines = [
        Trace(f"{n:032x}", rows.workspace, "p", "held", f"Sentence {n}.", now, node="page", mapping_id="m")
        for n in range(3)
    ]
    await store.write(traces.write, [lines[1], lines[0], lines[2]._replace(post_id="other")])
    await store.write(traces.write, [])
    assert await store.read(traces.of_post, rows.workspace, "p") == lines[:2]
    assert await store.read(traces.of_post, "other", "p") == []
