"""A poll: one source, under its lease, kept in one transaction, whatever the source does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import AccountLostError, MappingError, RateLimitedError, RejectedError, TransientError
from engine.graph import FirstRun
from engine.run.poll import HICCUPS, LEASE
from engine.wake import Kind
from tests.engine.run.polling import ASKED, EVERY, SCRIPT, World, batch

if TYPE_CHECKING:
    from engine.contract.context import SourceContext
    from engine.contract.source import Batch
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    """Give a workspace without sources."""
    return await World(store, clock).begin()


@pytest.fixture
async def page(world: World) -> str:
    """Give a source that a mapping reads, and that was read once: it showed `old`."""
    source_id = await world.join()
    await world.poll(source_id, batch("old", cursor="c0"))
    return source_id


async def test_a_first_poll_routes_nothing_by_itself(world: World, page: str) -> None:
    row = await world.row(page)
    assert (row.cursor, row.state, row.note, row.failures) == ("c0", "live", "", 0)
    assert await world.states() == {"old": "seen"}
    assert world.wake.woken == []
    assert [row[0] for row in await world.rows("traces", "what")] == ["seen"]


async def test_a_new_post_is_kept_and_woken_for_routing(world: World, page: str) -> None:
    row = await world.poll(page, batch("old", "a", "b", cursor="c1", window=9))
    assert ASKED == [None, "c0"]
    assert world.core.tally.polls == {"read": 2}
    assert row.cursor == "c1"
    assert await world.states() == {"old": "seen", "a": "new", "b": "new"}
    ids = dict(await world.rows("posts", "key", "id"))
    assert world.wake.keys(Kind.ROUTE) == (ids["a"], ids["b"])
    lines = await world.rows("traces", "what", "post_id", "sentence")
    assert lines[:2] == [("new", ids["a"], "New at the source."), ("new", ids["b"], "New at the source.")]


async def test_what_came_in_since_the_backup_that_was_restored_is_held_and_marked(world: World, page: str) -> None:
    made = world.clock.now()
    world.clock.advance(3_600)
    world.core.restored_at, world.core.restored_from = world.clock.now(), made

    world.clock.advance(60)
    await world.poll(page, batch("old", "between"))
    world.clock.advance(3_600)
    await world.poll(page, batch("old", "between", "later"))

    found = await world.rows("posts", "key", "state", "doubt_since")
    assert sorted(found) == [("between", "held", made), ("later", "new", None), ("old", "seen", None)]


async def test_the_next_poll_comes_a_little_before_its_time_and_never_after(world: World, page: str) -> None:
    waits = []
    for _ in range(20):
        row = await world.poll(page, batch("old"))
        assert row.next_poll_at is not None
        waits.append(row.next_poll_at - world.clock.now())
    assert all(EVERY * 0.9 <= wait <= EVERY for wait in waits)
    assert len(set(waits)) > 10


async def test_what_has_not_changed_moves_the_source_alone(world: World, page: str) -> None:
    world.clock.advance(60)
    row = await world.poll(page, batch(cursor="c0", unchanged=True))
    assert (row.cursor, row.last_poll_at) == ("c0", world.clock.now())
    assert await world.states() == {"old": "seen"}


async def test_a_changed_post_is_kept_as_a_revision(world: World, page: str) -> None:
    changed = batch("old")
    changed = batch(posts=(changed.posts[0].model_copy(update={"text": "Other words."}),))
    await world.poll(page, changed)
    await world.poll(page, changed)
    ((revision, document, state),) = await world.rows("posts", "revision", "document", "state")
    assert (revision, state) == (2, "seen")
    assert "Other words." in document
    assert [row[0] for row in await world.rows("traces", "what")] == ["revised", "seen"]
    assert world.wake.woken == []


async def test_a_key_that_comes_twice_in_a_batch_is_one_post(world: World, page: str) -> None:
    await world.poll(page, batch("a", "a"))
    assert await world.states() == {"old": "seen", "a": "new"}


async def test_a_source_that_is_being_polled_is_left_alone(world: World, page: str) -> None:
    async def meanwhile(_: SourceContext) -> Batch:
        await world.poller.poll(page)
        return batch("a")

    await world.poll(page, meanwhile)
    assert ASKED == [None, "c0"]
    assert SCRIPT == []


async def test_a_wake_that_comes_twice_polls_once(world: World, page: str) -> None:
    await world.poll(page, batch("a"))
    await world.poller.poll(page)
    assert len(ASKED) == 2


async def test_a_poll_that_lost_its_lease_writes_nothing(world: World, page: str) -> None:
    async def slow(_: SourceContext) -> Batch:
        world.clock.advance(LEASE)
        await world.poll(page, batch("b", cursor="theirs"))
        return batch("a", cursor="ours")

    row = await world.poll(page, slow)
    assert row.cursor == "theirs"
    assert await world.states() == {"old": "seen", "b": "new"}


async def test_a_first_run_gives_each_mapping_what_it_asks_for(world: World) -> None:
    source_id = await world.join("nothing")
    await world.join("last", FirstRun(last=2))
    await world.join("since", FirstRun(since=world.clock.now()))
    await world.poll(source_id, batch("a", "b", "c"))
    names = dict(await world.rows("mappings", "id", "name"))
    keys = dict(await world.rows("posts", "id", "key"))
    routes = await world.rows("routes", "mapping_id", "post_id", "state")
    assert sorted((names[mapping], keys[post], state) for mapping, post, state in routes) == [
        ("last", "b", "new"),
        ("last", "c", "new"),
        ("since", "a", "new"),
        ("since", "b", "new"),
        ("since", "c", "new"),
    ]
    assert await world.states() == {"a": "routed", "b": "routed", "c": "routed"}
    assert {keys[post] for post in world.wake.keys(Kind.ROUTE)} == {"a", "b", "c"}


async def test_too_many_new_posts_are_held_and_the_source_says_how_to_release_them(world: World, page: str) -> None:
    row = await world.poll(page, batch("old", *"abcdef", window=50))
    assert set((await world.states()).values()) == {"seen", "held"}
    assert row.state == "held"
    assert row.note.startswith("6 posts were new at once")
    assert "`chappe sources release page`" in row.note
    assert world.wake.woken == []
    row = await world.poll(page, batch("g", window=50))
    assert (await world.states())["g"] == "new"
    assert row.state == "held"


FAILURES = [
    TransientError("Nobody listens there."),
    RejectedError("That is no feed.", code="not_a_feed"),
    AccountLostError("The token is no longer accepted."),
    MappingError("A setting is wrong."),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_a_failure_is_noted_and_the_cursor_stays(world: World, page: str, error: Exception) -> None:
    row = await world.poll(page, error)
    assert (row.cursor, row.state, row.note, row.failures) == ("c0", "failing", str(error), 1)
    assert row.next_poll_at is not None
    assert row.next_poll_at > world.clock.now()
    row = await world.poll(page, batch("old", "a"))
    assert (row.state, row.note, row.failures) == ("live", "", 0)
    assert (await world.states())["a"] == "new"


async def test_a_hiccup_is_tried_again_soon_and_a_dead_source_at_its_own_pace(world: World, page: str) -> None:
    waits = []
    for _ in range(HICCUPS + 20):
        row = await world.poll(page, TransientError("No."))
        assert row.next_poll_at is not None
        waits.append(row.next_poll_at - world.clock.now())
    assert waits[0] <= timedelta(seconds=30)
    assert all(wait <= timedelta(seconds=30) * 2**n for n, wait in enumerate(waits[:HICCUPS]))
    assert all(EVERY * 0.9 <= wait <= timedelta(minutes=30) for wait in waits[HICCUPS:])


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (RateLimitedError("Wait.", wait=timedelta(hours=2)), timedelta(hours=2)),
        (RateLimitedError("Wait.", wait=timedelta(days=9)), timedelta(days=1)),
        (RateLimitedError("Wait.", wait=timedelta(seconds=1)), EVERY),
    ],
)
async def test_a_server_that_asks_to_wait_is_obeyed(
    world: World, page: str, error: RateLimitedError, wait: timedelta
) -> None:
    row = await world.poll(page, error)
    assert row.next_poll_at is not None
    assert wait * 0.9 <= row.next_poll_at - world.clock.now() <= wait


async def test_a_time_to_come_back_is_kept_to(world: World, page: str) -> None:
    until = world.clock.now() + timedelta(hours=3)
    row = await world.poll(page, RateLimitedError("Wait.", until=until))
    assert row.next_poll_at == until


async def test_a_source_that_breaks_in_a_way_that_nobody_foresaw_is_noted(world: World, page: str) -> None:
    row = await world.poll(page, ZeroDivisionError("division by zero"))
    assert "failed with ZeroDivisionError: a fault of Chappe or of a connector, not of yours" in row.note
    assert (row.cursor, row.failures, row.state) == ("c0", 1, "failing")


async def test_settings_that_no_longer_fit_are_said_to_be_wrong(world: World) -> None:
    source_id = await world.join(settings='{"plaice": 1}')
    row = await world.poll(source_id)
    assert "no longer fit its kind (plaice: Extra inputs are not permitted): mend its mapping" in row.note


async def test_a_kind_that_is_not_installed_is_said_to_be_missing(world: World) -> None:
    source_id = await world.join(kind="myspace")
    row = await world.poll(source_id)
    assert row.note == "There is no source of the kind myspace: is its connector installed?"


async def test_a_poll_that_is_cancelled_leaves_the_source_to_the_end_of_its_lease(world: World, page: str) -> None:
    begun = asyncio.Event()

    async def silent(_: SourceContext) -> Batch:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("An event that nobody sets was set.")

    task = asyncio.create_task(world.poll(page, silent))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    row = await world.row(page)
    assert (row.cursor, row.failures) == ("c0", 0)
    world.clock.advance(LEASE)
    await world.poll(page, batch("a"))
    assert (await world.states())["a"] == "new"


async def test_the_same_cursor_asked_again_after_a_crash_keeps_each_post_once(world: World, page: str) -> None:
    await world.poll(page, batch("old", "a", cursor="c1"))
    await world.run("UPDATE sources SET cursor = 'c0'")
    await world.poll(page, batch("old", "a", cursor="c1"))
    assert await world.states() == {"old": "seen", "a": "new"}
    assert len(world.wake.keys(Kind.ROUTE)) == 1
