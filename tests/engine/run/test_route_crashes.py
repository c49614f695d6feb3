"""Routing ends at any of its transactions and starts again: every account once, none left out, none twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.content.template import Template
from engine.run.core import RunSettings
from engine.store import routes
from engine.store import tables as t
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import Hook, Keeps, graph, operator, sink

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

CHUNK = 2
SIZE = 5
WRITES = 6
"""The routes of the post, the implicit account, transaction 1, and three chunks."""


def drawn() -> Graph:
    variants = (Template("A {{ post.text }}"), Template("B {{ post.text }}"))
    return graph(
        sink("board", "page", audience="ambassadors", variants=variants, spread=timedelta(hours=1)),
        operator("hours", "page", Keeps()),
        sink("later", "hours", Hook),
        sink("hook", "page", Hook),
    )


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return await Routing(store, clock, RunSettings(chunk=CHUNK)).begin(drawn())


def heir(world: Routing, store: Store) -> Routing:
    """Return a worker of a new process, on the same rows."""
    again = Routing(store, world.clock, world.settings, source_id=world.source_id, mapping_ids=world.mapping_ids)
    again.graphs.update(world.graphs)
    return again


async def live(world: Routing, nth: int, *, after: bool) -> bool:
    """Route what is due in a process that dies at its n-th transaction; tells whether it died."""
    mortal = heir(world, MortalStore(world.store, nth, after=after))
    try:
        for post in await world.due_posts():
            await mortal.route(post)
    except Killed:
        return True
    return False


async def state(world: Routing) -> tuple[object, ...]:
    """Return what routing leaves behind, without the ids that differ from try to try."""
    texts = dict(await world.rows(t.contents, "id", "document"))
    rows = await world.deliveries("account_id", "sink", "state", "due_at", "content_id")
    planned = sorted((account, name, stands, due, texts[content]) for account, name, stands, due, content in rows)
    book = await world.ledger()
    return planned, book.branches, book.dropped, book.held, book.planned, book.wrong


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, WRITES + 1))
async def test_a_killed_route_is_finished_by_the_next_worker(world: Routing, nth: int, *, after: bool) -> None:
    await world.audience(SIZE)
    post = await world.post("hello")

    assert await live(world, nth, after=after)
    last = nth == WRITES and after
    assert await world.due_posts() == ([] if last else [post])
    assert not await live(world, 0, after=False)

    planned, branches, dropped, held, count, wrong = await state(world)
    assert Counter(name for _, name, *_ in planned) == {"board": SIZE, "hook": 1}  # type: ignore[attr-defined]
    assert (branches, dropped, held, count, wrong) == (SIZE + 2, 0, 1, SIZE + 1, ())
    assert await world.rows(t.routes, "state", "cursor") == [("routed", SIZE + 1)]
    assert len(await world.rows(t.holds, "id")) == 1
    assert await world.due_posts() == []


async def test_a_route_that_was_killed_again_and_again_plans_what_an_undisturbed_one_plans(world: Routing) -> None:
    await world.audience(SIZE)
    post = await world.post("hello")
    lives = [await live(world, 2, after=True) for _ in range(WRITES)]
    killed = await state(world)
    await world.execute(t.routes.delete())
    await world.execute(t.posts.update().values(state="new"))

    await world.route(post)

    assert lives == [True] * (WRITES - 1) + [False]
    assert await state(world) == killed


async def test_two_workers_on_one_post_plan_it_once(world: Routing) -> None:
    await world.audience(SIZE)
    post = await world.post("hello")

    await asyncio.gather(*(heir(world, world.store).route(post) for _ in range(4)))

    planned, *numbers = await state(world)
    assert len(planned) == SIZE + 1  # type: ignore[arg-type]
    assert numbers == [SIZE + 2, 0, 1, SIZE + 1, ()]


async def test_each_chunk_is_told_and_wakes_no_more_than_is_due(world: Routing) -> None:
    await world.audience(SIZE)
    post = await world.post("hello")

    await world.route(post)

    told = [sentence for node, what, sentence in await world.told(post) if (node, what) == ("board", "planned")]
    assert told == ["Planned for 2 of 2 accounts."] * 2 + ["Planned for 1 of 1 account."]


async def test_a_cancelled_route_plans_no_further_chunk(world: Routing) -> None:
    await world.audience(SIZE)
    await world.post("hello")
    assert await live(world, 4, after=True)
    ((route_id, planned),) = await world.rows(t.routes, "id", "cursor")
    assert planned == CHUNK

    now = world.clock.now()
    assert await world.store.write(routes.cancel, route_id, "Cancelled by Léa.", now)
    await live(world, 0, after=False)

    assert len(await world.deliveries("id")) == CHUNK
    assert await world.rows(t.holds, "state", "reason") == [("dropped", "Cancelled by Léa.")]
    book = await world.ledger()
    assert (book.branches, book.dropped, book.held, book.planned, book.wrong) == (CHUNK + 1, 1, 0, CHUNK, ())
    assert not await world.store.write(routes.cancel, route_id, "Again.", now)
    assert await world.due_posts() == []


async def test_an_account_that_goes_between_two_chunks_is_left_out(world: Routing) -> None:
    audience = await world.audience(SIZE)
    post = await world.post("hello")
    assert await live(world, 4, after=True)
    served = {account for (account,) in await world.deliveries("account_id")}
    leaving = next(account for account in audience if account not in served)
    await world.execute(t.accounts.delete().where(t.accounts.c.id == leaving))

    await live(world, 0, after=False)

    assert leaving not in {account for (account,) in await world.deliveries("account_id")}
    assert any("1 for accounts that are there no more" in sentence for _, _, sentence in await world.told(post))
    book = await world.ledger()
    assert (book.planned, book.wrong) == (SIZE, ())
