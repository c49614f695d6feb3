"""A held post or a node that breaks is put aside with a sentence: the others go on, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.contract.operator import Pass, Release, Wait
from engine.store import holds
from engine.store import tables as t
from engine.store.unit import StoreError
from tests.engine.run.mortal import MortalStore
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import NOW, Hook, Keeps, graph, operator, passes, sink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.graph import Graph
    from engine.model.post import Post
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


def poisoned(came: Post, ctx: WalkContext) -> Pass:
    if "poison" in came.text:
        raise ZeroDivisionError
    return Pass(came)


def behind(decide: Callable[[Post, WalkContext], Decision]) -> Graph:
    return graph(operator("hours", "page", Keeps()), operator("next", "hours", decide), sink("hook", "next", Hook))


def broken(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    raise KeyError("slots")


async def holding(world: Routing, drawn: Graph, *texts: str) -> list[str]:
    await world.begin(drawn)
    posts = [await world.post(text) for text in texts]
    for post in posts:
        await world.route(post)
    return posts


async def test_a_post_that_breaks_behind_the_node_is_put_aside_and_the_others_go_on(world: Routing) -> None:
    one, bad, two = await holding(world, behind(poisoned), "one", "poison", "two")

    await world.release("hours")

    assert sorted(post for (post,) in await world.deliveries("post_id")) == sorted([one, two])
    states = dict(await world.rows(t.holds, "post_id", "state"))
    assert states == {one: "released", bad: "held", two: "released"}
    assert [what for _, what, _ in await world.told(bad)] == ["held", "stuck"]
    assert await world.due_nodes(NOW + timedelta(days=900)) == []
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (3, 1, 2, ())


async def test_what_was_put_aside_goes_on_by_the_next_version(world: Routing) -> None:
    (bad,) = await holding(world, behind(poisoned), "poison")
    await world.release("hours")

    await world.apply(behind(passes))

    assert await world.due_nodes() == ["company-news:hours"]
    await world.release("hours")
    assert await world.deliveries("post_id") == [(bad,)]


async def test_what_was_put_aside_is_tried_once_more_after_an_upgrade(world: Routing) -> None:
    await holding(world, behind(poisoned), "poison")
    await world.release("hours")

    assert await world.store.write(holds.retry_stuck) == 1

    assert await world.due_nodes() == ["company-news:hours"]


async def test_a_node_that_breaks_when_it_is_asked_is_asked_again_later(world: Routing) -> None:
    await holding(world, graph(operator("hours", "page", Keeps(broken)), sink("hook", "hours", Hook)), "one", "two")

    with pytest.raises(KeyError):
        await world.release("hours")

    later = NOW + timedelta(minutes=5)
    assert [until for (until,) in await world.rows(t.holds, "until")] == [later, later]
    ((reason,), _) = await world.rows(t.holds, "reason")
    assert reason == "The node cannot be asked: KeyError, a fault that the log explains."
    assert await world.due_nodes() == []
    assert await world.due_nodes(later) == ["company-news:hours"]


async def test_a_database_in_trouble_puts_nothing_aside(world: Routing) -> None:
    await holding(world, behind(passes), "one")
    full = MortalStore(world.store, 2, after=False, error=StoreError("The disk of the database is full."))

    with pytest.raises(StoreError):
        await Routing(full, world.clock, world.settings, world.graphs, world.mapping_ids).release("hours")

    assert await world.due_nodes() == ["company-news:hours"]


async def test_a_node_is_asked_once_a_month_at_least_and_at_once_after_a_clock_that_was_ahead(world: Routing) -> None:
    def far(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        return Wait(ctx.now + timedelta(days=300))

    await holding(world, graph(operator("hours", "page", Keeps(far)), sink("hook", "hours", Hook)), "one")
    await world.release("hours")
    assert await world.rows(t.holds, "until") == [(NOW + timedelta(days=31),)]

    world.clock.jump_wall(timedelta(days=-90))

    assert await world.due_nodes() == ["company-news:hours"]
