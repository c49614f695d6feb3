"""What breaks on the way is put aside with a trace: it stops no other mapping and no other post, and is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.contract.operator import Pass
from engine.store import routes
from engine.store import tables as t
from engine.store.unit import StoreError
from tests.engine.run.mortal import MortalStore
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import Does, Hook, graph, operator, sink

if TYPE_CHECKING:
    from engine.model.post import Post
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


def breaks(came: object, ctx: object) -> Pass:
    raise ZeroDivisionError


async def test_what_breaks_in_one_mapping_stops_neither_the_other_nor_other_posts(world: Routing) -> None:
    await world.begin(
        graph(operator("bad", "page", Does(breaks)), sink("hook", "bad", Hook)),
        graph(sink("hook", "page", Hook), mapping="other-news"),
    )
    post = await world.post()

    with pytest.raises(ZeroDivisionError):
        await world.route(post)

    assert len(await world.deliveries("id")) == 1
    assert await world.due_posts() == []
    ((_, _, told),) = [line for line in await world.told(post) if line[1] == "stuck"]
    assert told.startswith("company-news fails on this post, which waits for the mapping's next version: ZeroDivision")
    await world.route(post)


async def test_a_post_that_a_version_fails_on_goes_on_by_the_next_one(world: Routing) -> None:
    await world.begin(graph(operator("bad", "page", Does(breaks)), sink("hook", "bad", Hook)))
    post = await world.post()
    with pytest.raises(ZeroDivisionError):
        await world.route(post)

    mended = await world.apply(graph(sink("hook", "page", Hook)))

    assert await world.due_posts() == [post]
    await world.route(post)
    assert await world.deliveries("post_id", "version_id") == [(post, mended)]
    assert (await world.ledger()).wrong == ()


async def test_after_an_upgrade_the_same_version_is_tried_once_more(world: Routing) -> None:
    await world.begin(graph(operator("bad", "page", Does(breaks)), sink("hook", "bad", Hook)))
    post = await world.post()
    with pytest.raises(ZeroDivisionError):
        await world.route(post)

    assert await world.store.write(routes.retry_stuck) == 1

    assert await world.due_posts() == [post]
    with pytest.raises(ZeroDivisionError):
        await world.route(post)
    assert await world.rows(t.routes, "state") == [("stuck",)]


async def test_a_database_in_trouble_puts_nothing_aside(world: Routing) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    full = MortalStore(world.store, 2, after=False, error=StoreError("The disk of the database is full."))
    post = await world.post()

    with pytest.raises(StoreError):
        await Routing(full, world.clock, world.settings, world.graphs, world.mapping_ids).route(post)

    assert await world.due_posts() == [post]
    assert await world.rows(t.routes, "state") == [("new",)]


def fussy(came: Post, ctx: object) -> Pass:
    if came.text == "bad":
        raise ZeroDivisionError
    return Pass(came)


async def test_what_fails_on_an_older_post_does_not_keep_a_newer_one(world: Routing) -> None:
    await world.begin(graph(operator("fussy", "page", Does(fussy)), sink("hook", "fussy", Hook)))
    await world.post("bad")
    newer = await world.post("good")

    await world.route(newer)

    assert await world.deliveries("post_id") == [(newer,)]
