"""A post that goes on and stays goes on again as another round: each account publishes each round once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from engine.run.core import RunSettings
from engine.store import tables as t
from mappings.operators.tank import Config, Tank
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.routing import OvertakenStore, Routing
from tests.engine.sample_graph import Hook, Keeps, graph, operator, passes, sink

if TYPE_CHECKING:
    from engine.graph import Graph, OperatorNode
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

HOUR = timedelta(hours=1)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the rows are like on both databases is seen by the other tests."""


def tank(**settings: Any) -> OperatorNode:
    return operator("tank", "page", Tank(Config.model_validate({"every": "1h", "publications": 2, **settings})))


def through(*nodes: OperatorNode) -> Graph:
    return graph(*nodes, sink("hook", nodes[-1].name, Hook))


async def holding(world: Routing, drawn: Graph, count: int = 1) -> list[str]:
    await world.begin(drawn)
    posts = [await world.post(f"post {number}") for number in range(count)]
    for post in posts:
        await world.route(post)
    return posts


async def test_each_publication_is_a_round_of_its_own(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    (post,) = await holding(world, through(tank()))
    began = clock.now()

    await world.release("tank")
    assert await world.rows(t.holds, "state", "times", "last_at", "until", "ended_at") == [
        ("held", 1, began, began + HOUR, None)
    ]
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (2, 1, 1, ())
    await world.release("tank")
    assert len(await world.deliveries("round")) == 1
    clock.advance(HOUR)
    assert await world.due_nodes() == ["company-news:tank"]
    await world.release("tank")

    assert await world.deliveries("post_id", "round", "released_at") == [(post, 0, began), (post, 1, clock.now())]
    assert await world.rows(t.holds, "state", "times", "ended_at") == [("released", 2, clock.now())]
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (2, 0, 2, ())
    assert ("tank", "released", "It goes on from the tank, time 2 of 2.") in await world.told(post)


@ON_SQLITE
async def test_the_round_goes_with_a_post_through_other_nodes_that_hold(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    await holding(world, through(tank(), operator("slots", "tank", Keeps())))
    await world.release("tank")
    clock.advance(HOUR)
    await world.release("tank")
    await world.release("slots")

    assert sorted(await world.deliveries("round")) == [(0,), (1,)]
    assert (await world.ledger()).wrong == ()


@ON_SQLITE
async def test_what_came_by_another_way_is_round_nought_and_the_next_round_goes_out(
    store: Store, clock: FakeClock
) -> None:
    world = Routing(store, clock)
    await world.begin(graph(tank(), sink("hook", "tank page", Hook)))
    post = await world.post()
    await world.route(post)
    await world.release("tank")
    assert [what for node, what, _ in await world.told(post) if node == "hook"][-1] == "already"
    clock.advance(HOUR)
    await world.release("tank")

    assert await world.deliveries("round") == [(0,), (1,)]
    assert (await world.ledger()).wrong == ()


@pytest.mark.parametrize("nth", [1, 2])
async def test_a_killed_round_is_done_by_the_next_worker(store: Store, clock: FakeClock, nth: int) -> None:
    """A large audience: one transaction for the release, then chunks; the plan names the round."""
    world = Routing(store, clock, RunSettings(chunk=2))
    await world.begin(graph(tank(), sink("board", "tank", audience="ambassadors")))
    audience = await world.audience(3)
    post = await world.post()
    await world.route(post)
    await world.release("tank")
    clock.advance(HOUR)

    mortal = Routing(MortalStore(store, nth, after=True), clock, world.settings, world.graphs, world.mapping_ids)
    with pytest.raises(Killed):
        await mortal.release("tank")
    for _ in await world.due_nodes():
        await world.release("tank")
    for due in await world.due_posts():
        await world.route(due)

    made = await world.deliveries("round", "account_id")
    assert sorted(made) == sorted((number, account) for number in (0, 1) for account in audience)
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (6, 0, 6, ())


async def test_of_two_workers_one_lets_a_post_go_that_stays(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    await holding(world, graph(tank(publications=0, order="random"), sink("board", "tank", accounts=("acme",))), 3)
    await world.account("acme")
    slow = Routing(OvertakenStore(world, "tank"), clock, world.settings, world.graphs, world.mapping_ids)

    assert await slow.release("tank") is None

    assert len(await world.deliveries("id")) == 1
    assert sorted(await world.rows(t.holds, "times"))[-2:] == [(0,), (1,)]
    assert (await world.ledger()).wrong == ()


@ON_SQLITE
async def test_a_clock_that_ran_ahead_stops_nothing_and_floods_nothing(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    await holding(world, through(tank(publications=1)), 3)
    ahead = clock.now() + timedelta(days=150)
    await world.execute(update(t.holds).values(since=ahead, until=ahead))
    first = (await world.rows(t.holds, "id"))[0][0]
    await world.execute(
        update(t.holds).where(t.holds.c.id == first).values(state="released", times=1, last_at=ahead, ended_at=ahead)
    )
    assert await world.due_nodes() == ["company-news:tank"]

    await world.release("tank")
    assert await world.deliveries("id") == []
    for expected in (1, 2):
        clock.advance(HOUR)
        assert await world.due_nodes() == ["company-news:tank"]
        await world.release("tank")
        assert len(await world.deliveries("id")) == expected


@ON_SQLITE
async def test_what_a_tank_that_is_gone_keeps_leaves_it(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    posts = await holding(world, through(tank(publications=0, order="random")), 2)
    await world.release("tank")
    ((gone,),) = await world.deliveries("post_id")
    await world.apply(through(operator("other", "page", passes)))
    clock.advance(HOUR)

    await world.release("tank")

    assert sorted(await world.deliveries("post_id", "round")) == sorted((post, 0) for post in posts)
    assert ("tank", "dropped", "The tank lets it go on no more: it went on once.") in await world.told(gone)
    book = await world.ledger()
    assert (book.held, book.planned, book.dropped, book.wrong) == (0, 2, 1, ())
