"""Several posts become one: written once with its parents, and routed from the node that made it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import MappingError
from engine.graph.nodes import FirstRun
from engine.run.core import RunSettings
from engine.store import derived, pauses, posts, telling
from engine.store import tables as t
from engine.store.pauses import Scope
from engine.store.sources import Join
from engine.wake import Kind
from mappings.operators import digest, once
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.routing import WORKSPACE, Routing
from tests.engine.sample_graph import Hook, graph, operator, passes, shouts, sink

if TYPE_CHECKING:
    from engine.graph import Graph, OperatorNode
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

HOUR = timedelta(hours=1)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the rows are like on both databases is seen by the other tests."""


def news(**settings: Any) -> OperatorNode:
    config = digest.Config.model_validate({"every": "1h", **settings})
    return operator("news", "page", digest.Digest(config))


def through(*nodes: OperatorNode) -> Graph:
    return graph(*nodes, sink("hook", nodes[-1].name, Hook))


async def holding(world: Routing, drawn: Graph, count: int = 3) -> list[str]:
    await world.begin(drawn)
    made = [await world.post(f"post {number}") for number in range(count)]
    for post in made:
        await world.route(post)
    world.clock.advance(HOUR)
    world.wake.woken.clear()
    return made


async def finish(world: Routing) -> None:
    """Do what the due tick would have done."""
    for _ in await world.due_nodes():
        await world.release("news")
    for due in await world.due_posts():
        await world.route(due)


async def test_posts_become_one_that_goes_on_and_names_them(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    parents = await holding(world, through(news(), operator("loud", "news", shouts)))

    await world.release("news")
    (made,) = world.woken(Kind.ROUTE)
    await world.route(made)

    row = await world.store.read(posts.get, made)
    assert row is not None
    assert row.state == posts.DERIVED
    assert [parent.id for parent in await world.store.read(derived.parents, WORKSPACE, made)] == parents
    standing = await world.store.read(telling.standing, WORKSPACE, [*parents, made])
    assert {post_id: one.digests for post_id, one in standing.items()} == dict.fromkeys(parents, 1) | {made: 0}
    assert await world.deliveries("post_id", "round", "released_at") == [(made, 0, clock.now())]
    ((document,),) = await world.rows(t.contents, "document")
    assert '"text":"POST 0\\nPOST 1\\nPOST 2"' in document
    tails = ", ".join(parent[-8:] for parent in parents)
    assert (await world.told(made))[0] == ("news", "made", f"Made of 3 posts: {tails}.")
    told = (await world.told(parents[1]))[-1]
    assert told == ("news", "merged", f"It went into the post {made[-8:]}, with 2 others.")
    book = await world.ledger()
    assert (book.routes, book.branches, book.held, book.planned, book.wrong) == (4, 1, 0, 1, ())


@pytest.mark.parametrize("nth", [1, 2])
async def test_a_killed_digest_is_made_once(store: Store, clock: FakeClock, nth: int) -> None:
    """A large audience: the release, then the route of what was made, in chunks."""
    world = Routing(store, clock, RunSettings(chunk=2))
    await holding(world, graph(news(), sink("board", "news", audience="ambassadors")))
    audience = await world.audience(3)

    mortal = Routing(MortalStore(store, nth, after=True), clock, world.settings, world.graphs, world.mapping_ids)
    with pytest.raises(Killed):
        await _release_and_route(mortal)
    await finish(world)
    await finish(world)

    made = await world.deliveries("post_id", "account_id")
    assert sorted(account for _, account in made) == sorted(audience)
    assert len({post for post, _ in made}) == 1
    assert await world.rows(t.holds, "state") == [("released",)] * 3
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (3, 0, 3, ())


async def _release_and_route(world: Routing) -> None:
    await world.release("news")
    for post in world.woken(Kind.ROUTE):
        await world.route(post)


@ON_SQLITE
async def test_a_post_whose_node_is_gone_goes_on_by_the_version_that_made_it(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    await holding(world, through(news()))
    ((own,), *_) = await world.rows(t.holds, "version_id")
    await world.release("news")
    await world.apply(through(operator("other", "page", passes)))

    await finish(world)

    assert await world.deliveries("version_id") == [(own,)]


@ON_SQLITE
async def test_what_was_made_waits_while_its_mapping_is_paused(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    await holding(world, through(news()))
    await world.release("news")
    await world.do(pauses.pause, Scope.MAPPING, world.mapping_ids["company-news"], now=clock.now())
    await finish(world)
    assert await world.deliveries("id") == []

    await world.do(pauses.resume, Scope.MAPPING, world.mapping_ids["company-news"], now=clock.now())
    await finish(world)
    assert len(await world.deliveries("id")) == 1


@ON_SQLITE
async def test_a_template_that_fails_leaves_every_post_waiting(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    broken = "{% for post in posts %}{{ post.text | divided_by: 0 }}{% endfor %}"
    await holding(world, through(news(text=broken)))

    with pytest.raises(MappingError):
        await world.release("news")

    assert {state for (state,) in await world.rows(t.holds, "state")} == {"held"}
    ((reason,), *_) = await world.rows(t.holds, "reason")
    assert reason.startswith("The node cannot be asked: The template is wrong")
    await world.apply(through(news()))
    clock.advance(HOUR)
    await finish(world)
    await finish(world)
    assert len(await world.deliveries("id")) == 1


@ON_SQLITE
async def test_a_first_run_takes_no_post_that_was_made_here(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    parents = await holding(world, through(news()))
    await world.release("news")
    join = Join(WORKSPACE, "other", "", "page", world.source_id, FirstRun(last=9))
    assert sorted(await world.store.read(posts.for_first_run, join)) == sorted(parents)


@ON_SQLITE
async def test_once_remembers_over_a_restart_a_pause_and_a_new_version(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    only = operator("once", "page", once.Once(once.Config.model_validate({"within": "2d", "by": "text"})))
    text = "Nous recrutons un développeur à Lyon"
    await world.begin(through(only))
    arrivals = [await world.post(text) for _ in range(2)]
    for post in arrivals:
        await world.route(post)
    await world.release("once")
    clock.advance(timedelta(days=1))
    await world.apply(through(only, operator("plain", "once", passes)))
    again = Routing(store, clock, world.settings, world.graphs, world.mapping_ids, world.source_id)
    for wait in (timedelta(0), timedelta(days=1)):
        clock.advance(wait)
        arrivals.append(await again.post(text))
        await again.route(arrivals[-1])
        await again.release("once")

    assert [post for (post,) in await world.deliveries("post_id")] == [arrivals[0]]
    told = [line for _, what, line in await world.told(arrivals[2]) if what == "dropped"]
    assert told == ["It has the same words as “Nous recrutons un développeur à Lyon”, which passed on 2 Mar 2026."]
    clock.advance(HOUR)
    late = await again.post(text)
    await again.route(late)
    await again.release("once")
    assert [post for (post,) in await world.deliveries("post_id")] == [arrivals[0], late]
    assert (await world.ledger()).wrong == ()
