"""Sources are shared by what they read; the smallest interval wins, and joins come and go with versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.graph import FirstRun
from engine.ids import new_id
from engine.store import joins, mappings, sources, tables
from engine.store.joins import Joined, Reading
from engine.store.mappings import Draft

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

PAGE = Reading("page", "feed", "feed:https://acme.example/feed", '{"url": "…"}', timedelta(minutes=15))
BLOG = replace(PAGE, node="blog", identity="feed:https://blog.example/feed")


async def _apply(store: Store, rows: Rows, name: str, *readings: Reading, now: datetime) -> Joined:
    """Save a version of a mapping that reads these, and activate it."""
    draft = Draft(name, "", "…", new_id())
    saved = await store.write(mappings.save_version, rows.workspace, draft, now)
    rows.mapping_ids[name] = saved.mapping_id
    return await store.write(mappings.activate, rows.workspace, saved.version_id, "", readings, now)


async def test_two_mappings_that_read_the_same_share_a_source_and_its_smallest_interval(
    store: Store, rows: Rows, now: datetime
) -> None:
    first = await _apply(store, rows, "news", PAGE, now=now)
    eager = replace(PAGE, node="theirs", every=timedelta(minutes=2))
    second = await _apply(store, rows, "more", eager, now=now)

    assert first.sources["page"] == second.sources["theirs"]
    assert await rows.read(tables.sources, "name", "every_s") == [("page", 120)]

    await _apply(store, rows, "more", BLOG, now=now)
    assert await rows.read(tables.sources, "name", "every_s") == [("blog", 900), ("page", 900)]


async def test_the_same_place_read_with_another_account_is_another_source(
    store: Store, rows: Rows, now: datetime
) -> None:
    joined = await _apply(store, rows, "news", PAGE, replace(PAGE, node="own", account_id="a"), now=now)

    assert len(set(joined.sources.values())) == 2


async def test_a_new_source_is_due_at_once_and_an_old_one_keeps_its_time_and_cursor(
    store: Store, rows: Rows, now: datetime
) -> None:
    await _apply(store, rows, "news", PAGE, now=now)
    assert await rows.read(tables.sources, "next_poll_at") == [(now,)]

    polled = now + timedelta(minutes=10)
    await store.write(_polled, polled)
    await _apply(store, rows, "news", PAGE, now=now)
    assert await rows.read(tables.sources, "cursor", "next_poll_at") == [("c1", polled)]

    await _apply(store, rows, "news", replace(PAGE, every=timedelta(minutes=1)), now=now)
    assert await rows.read(tables.sources, "cursor", "next_poll_at") == [("c1", now + timedelta(minutes=1))]


async def test_a_source_that_nobody_reads_rests_and_keeps_its_cursor(store: Store, rows: Rows, now: datetime) -> None:
    await _apply(store, rows, "news", PAGE, BLOG, now=now)
    await store.write(_polled, now)
    await _apply(store, rows, "news", BLOG, now=now)

    assert await rows.read(tables.sources, "name", "cursor", "next_poll_at") == [
        ("blog", "c1", now),
        ("page", "c1", None),
    ]
    later = now + timedelta(hours=1)
    await _apply(store, rows, "news", PAGE, now=later)
    assert await rows.read(tables.sources, "name", "cursor", "next_poll_at") == [
        ("blog", "c1", None),
        ("page", "c1", later),
    ]


async def test_a_join_keeps_its_time_until_it_reads_something_else(store: Store, rows: Rows, now: datetime) -> None:
    later = now + timedelta(hours=1)
    await _apply(store, rows, "news", PAGE, now=now)
    await _apply(store, rows, "news", replace(PAGE, every=timedelta(minutes=1)), now=later)
    assert await rows.read(tables.source_joins, "node", "joined_at", "every_s") == [("page", now, 60)]

    await _apply(store, rows, "news", replace(BLOG, node="page"), now=later)
    assert await rows.read(tables.source_joins, "node", "joined_at") == [("page", later)]


async def test_a_node_with_another_name_has_read_the_source_as_long_as_the_former(
    store: Store, rows: Rows, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    await _apply(store, rows, "news", PAGE, now=now)
    joined = await _apply(store, rows, "news", replace(PAGE, node="own"), now=later)

    assert await rows.read(tables.source_joins, "node", "joined_at") == [("own", now)]
    assert [join.node for join in await store.read(joins.there_at, joined.sources["own"], now)] == ["own"]
    assert await store.read(joins.there_at, joined.sources["own"], now - timedelta(seconds=1)) == []


async def test_a_poll_sees_the_joins_with_what_they_take_at_first(store: Store, rows: Rows, now: datetime) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    wishes = {"news": FirstRun(last=3), "more": FirstRun(since=since), "none": FirstRun()}
    source_ids = {
        (await _apply(store, rows, name, replace(PAGE, first_run=wish), now=now)).sources["page"]
        for name, wish in wishes.items()
    }

    found = await store.read(sources.joins, source_ids.pop())
    assert {join.mapping_id: join.first_run for join in found} == {
        rows.mapping_ids[name]: wish for name, wish in wishes.items()
    }


async def test_joining_a_source_that_was_read_before_routes_what_first_run_asks_for(
    store: Store, rows: Rows, now: datetime
) -> None:
    joined = await _apply(store, rows, "news", PAGE, now=now)
    posts = [f"post {number}" for number in range(4)]
    for number, post in enumerate(posts):
        await rows.add(
            tables.posts, id=post, source_id=joined.sources["page"], key=post, content_hash="", fingerprint="",
            document="{}", state="seen", seen_at=now + timedelta(minutes=number), changed_at=now,
        )  # fmt: skip

    more = replace(PAGE, node="again", first_run=FirstRun(last=2))
    assert (await _apply(store, rows, "more", more, now=now)).posts == ("post 2", "post 3")
    assert await rows.read(tables.routes, "post_id", "mapping_id", "node", "state") == [
        (post, rows.mapping_ids["more"], "again", "new") for post in posts[2:]
    ]
    assert (await _apply(store, rows, "more", more, now=now)).posts == ()
    assert len(await rows.read(tables.routes, "id")) == 2


def _polled(connection: Connection, next_poll_at: datetime) -> None:
    connection.execute(update(tables.sources).values(cursor="c1", next_poll_at=next_poll_at))
