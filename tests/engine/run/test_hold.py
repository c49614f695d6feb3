"""A node that holds posts is asked, and what it lets go travels on: once, in one transaction, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.contract.operator import Release, Wait
from engine.run.core import RunSettings
from engine.store import pauses
from engine.store import tables as t
from engine.store.pauses import Scope
from engine.wake import Again, Kind
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.routing import OvertakenStore, Routing
from tests.engine.sample_graph import NOW, Does, Hook, Keeps, drops, graph, operator, passes, shouts, sink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.operator import Held, ReleaseContext
    from engine.graph import Graph, OperatorNode
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

LATER = NOW + timedelta(hours=3)


def oldest(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    """Let one go at a time."""
    return Release((held[0].id,), until=LATER, reason="Its slot has come.")


def later(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(LATER, "It waits for its slot.")


def last_two_end(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((held[0].id,), drop=tuple(one.id for one in held[1:]), reason="There is room for one.")


def through(node: OperatorNode, *more: OperatorNode) -> Graph:
    behind = more[-1].name if more else node.name
    return graph(node, *more, sink("hook", behind, Hook))


def hours(decide: object = None) -> OperatorNode:
    return operator("hours", "page", Keeps(decide))  # type: ignore[arg-type]


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


async def holding(world: Routing, drawn: Graph, count: int = 1) -> list[str]:
    """Begin a world in which so many posts wait; returns the posts."""
    await world.begin(drawn)
    posts = [await world.post(f"post {number}") for number in range(count)]
    for post in posts:
        await world.route(post)
    world.wake.woken.clear()
    return posts


async def test_a_released_post_goes_on_and_is_due_from_then_on(world: Routing) -> None:
    (post,) = await holding(world, through(hours(), operator("loud", "hours", shouts)))
    world.clock.advance(timedelta(hours=5))

    assert await world.release("hours") is None

    now = world.clock.now()
    assert await world.deliveries("post_id", "due_at", "released_at") == [(post, now, now)]
    ((document,),) = await world.rows(t.contents, "document")
    assert '"text":"POST 0"' in document
    assert await world.rows(t.holds, "state", "ended_at", "until") == [("released", now, None)]
    assert [line for line in await world.told(post) if line[0] != "hook"][1:] == [
        ("hours", "released", "It goes on."),
        ("loud", "changed", "Changed and let through."),
    ]
    assert len(world.woken(Kind.DRAIN)) == 1
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (1, 0, 1, ())


async def test_a_node_that_waits_is_asked_again_at_its_time(world: Routing) -> None:
    await holding(world, through(hours(later)), 2)
    assert await world.due_nodes() == ["company-news:hours"]

    await world.release("hours")

    assert await world.rows(t.holds, "state", "until", "reason") == [("held", LATER, "It waits for its slot.")] * 2
    assert await world.due_nodes() == []
    assert await world.due_nodes(LATER) == ["company-news:hours"]
    assert await world.deliveries("id") == []


async def test_the_oldest_goes_and_the_others_wait_until_the_time_that_the_node_names(world: Routing) -> None:
    posts = await holding(world, through(hours(oldest)), 3)

    await world.release("hours")

    assert await world.deliveries("post_id") == [(posts[0],)]
    assert await world.rows(t.holds, "state", "until", "reason") == [
        ("released", None, "Its slot has come."),
        ("held", LATER, "It waits for the word."),
        ("held", LATER, "It waits for the word."),
    ]
    assert (await world.ledger()).wrong == ()


async def test_what_the_node_drops_ends_with_its_reason(world: Routing) -> None:
    posts = await holding(world, through(hours(last_two_end)), 3)

    await world.release("hours")

    assert [state for (state,) in await world.rows(t.holds, "state")] == ["released", "dropped", "dropped"]
    assert ("hours", "dropped", "There is room for one.") in await world.told(posts[2])
    book = await world.ledger()
    assert (book.branches, book.dropped, book.held, book.planned, book.wrong) == (3, 2, 0, 1, ())


async def test_a_release_may_end_at_another_node_that_holds(world: Routing) -> None:
    await holding(world, through(hours(), operator("slots", "hours", Keeps())))

    await world.release("hours")

    assert await world.rows(t.holds, "node", "state") == [("hours", "released"), ("slots", "held")]
    assert world.woken(Kind.RELEASE) == [f"{world.mapping_ids['company-news']}:slots"]
    await world.release("slots")
    assert len(await world.deliveries("id")) == 1
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (1, 0, 1, ())


async def test_a_post_that_came_directly_is_not_planned_again_when_its_other_way_ends(world: Routing) -> None:
    await world.begin(graph(hours(), sink("hook", "hours page", Hook)))
    post = await world.post()
    await world.route(post)

    await world.release("hours")

    assert len(await world.deliveries("id")) == 1
    assert ("hook", "already", "Already planned by company-news, sink hook, for 1 of these accounts.") in (
        await world.told(post)
    )
    assert (await world.ledger()).wrong == ()


async def test_an_operator_sees_its_newest_releases_and_chance_that_a_replay_repeats(world: Routing) -> None:
    seen: list[tuple[object, ...]] = []

    def looks(held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        seen.append((ctx.history, ctx.random.random(), ctx.zone.key, [one.post.text for one in held]))
        return oldest(held, ctx) if len(seen) > 2 else Wait(NOW)

    await holding(world, through(hours(looks)), 6)
    for _ in range(2):
        await world.release("hours")
    assert seen[0] == seen[1]

    for _ in range(5):
        world.clock.advance(60)
        await world.release("hours")

    times = [NOW + timedelta(minutes=minute) for minute in range(1, 5)]
    assert seen[-1][0] == tuple(times[1:])
    assert seen[-1][2:] == ("Europe/Paris", ["post 4", "post 5"])


@pytest.mark.parametrize("scope", [Scope.MAPPING, Scope.WORKSPACE, Scope.EVERYTHING])
async def test_nothing_is_released_while_it_is_paused(world: Routing, scope: Scope) -> None:
    await holding(world, through(hours()))
    await world.do(pauses.pause, scope, world.mapping_ids["company-news"], now=NOW)

    await world.release("hours")

    assert await world.deliveries("id") == []
    assert await world.due_nodes() == []
    await world.do(pauses.resume, scope, world.mapping_ids["company-news"], now=NOW)
    assert await world.due_nodes() == ["company-news:hours"]


async def test_a_hold_goes_on_by_the_current_version_while_that_has_the_node(world: Routing) -> None:
    await holding(world, through(hours(), operator("loud", "hours", shouts)))
    newest = await world.apply(through(hours(), operator("plain", "hours", passes)))

    await world.release("hours")

    assert await world.deliveries("version_id") == [(newest,)]
    ((document,),) = await world.rows(t.contents, "document")
    assert '"text":"post 0"' in document


@pytest.mark.parametrize("instead", [operator("hours", "page", passes), operator("other", "page", Keeps())])
async def test_a_hold_whose_node_is_gone_goes_on_by_its_own_version_and_says_so(
    world: Routing, instead: OperatorNode
) -> None:
    (post,) = await holding(world, through(hours(), operator("loud", "hours", shouts)))
    ((own,),) = await world.rows(t.holds, "version_id")
    await world.apply(through(instead))

    await world.release("hours")

    assert await world.deliveries("version_id") == [(own,)]
    assert any(
        what == "version" and "the current one has no such node" in line for _, what, line in await world.told(post)
    )


async def test_what_is_dropped_behind_the_node_is_counted(world: Routing) -> None:
    await holding(world, through(hours(), operator("jobs", "hours", Does(drops))))

    await world.release("hours")

    book = await world.ledger()
    assert (book.branches, book.dropped, book.held, book.planned, book.wrong) == (1, 1, 0, 0, ())


async def test_a_node_that_lets_go_and_wants_to_be_asked_at_once_is(world: Routing) -> None:
    await holding(world, through(hours(lambda held, ctx: Release((held[0].id,)))), 3)

    answers = [await world.release("hours") for _ in range(4)]

    assert answers == [Again(), Again(), None, None]
    assert len(await world.deliveries("id")) == 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
async def test_a_killed_release_is_done_by_the_next_worker(
    store: Store, clock: FakeClock, nth: int, *, after: bool
) -> None:
    """A large audience: one transaction for the release, then chunks."""
    world = Routing(store, clock, RunSettings(chunk=2))
    await world.begin(graph(hours(), sink("board", "hours", audience="ambassadors")))
    audience = await world.audience(5)
    post = await world.post()
    await world.route(post)

    mortal = Routing(MortalStore(store, nth, after=after), clock, world.settings, world.graphs, world.mapping_ids)
    with pytest.raises(Killed):
        await mortal.release("hours")
    for _ in await world.due_nodes():
        await world.release("hours")
    for due in await world.due_posts():
        await world.route(due)

    assert sorted(account for (account,) in await world.deliveries("account_id")) == sorted(audience)
    assert await world.rows(t.holds, "state") == [("released",)]
    assert sum(what == "released" for _, what, _ in await world.told(post)) == 1
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (5, 0, 5, ())


async def test_of_two_workers_that_release_a_node_one_does(world: Routing) -> None:
    (post,) = await holding(world, graph(hours(), sink("board", "hours", accounts=("acme",))))
    await world.account("acme")
    slow = Routing(OvertakenStore(world, "hours"), world.clock, world.settings, world.graphs, world.mapping_ids)

    assert await slow.release("hours") is None

    assert len(await world.deliveries("id")) == 1
    assert sum(what == "released" for _, what, _ in await world.told(post)) == 1
    assert slow.woken(Kind.DRAIN) == []
    assert (await world.ledger()).wrong == ()
