"""Two processes on one PostgreSQL route a burst of posts: each post is walked once, and in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from engine.run.route import TAKEN_FOR
from engine.store import routes
from engine.store import tables as t
from engine.store.unit import open_store
from engine.wake import Kind
from tests.engine.run.routing import WORKSPACE, Routing
from tests.engine.sample_graph import Hook, graph, sink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

BURST = 12


class Counted:
    """The store of a process: counts its walks; `before` is awaited before each is written, `walked` tells of one."""

    def __init__(self, store: Store, walks: Counter[str]) -> None:
        self.dialect, self.read, self.close = store.dialect, store.read, store.close
        self.walks, self._store = walks, store
        self.before: asyncio.Event | None = None
        self.walked = asyncio.Event()

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        if unit is routes.extend:
            self.walks[args[0].route_id] += 1
            self.walked.set()
            if self.before is not None:
                await self.before.wait()
        return await self._store.write(unit, *args, **kwargs)


class Pair:
    """Two processes, their walks by route, and a burst of posts."""

    def __init__(self, world: Routing, posts: list[str]) -> None:
        self.world, self.posts = world, posts
        self.walks: Counter[str] = Counter()
        self.first, self.second = (self._process(name) for name in ("a", "b"))

    def _process(self, name: str) -> Routing:
        store: Any = Counted(self.world.store, self.walks)
        made = Routing(store, self.world.clock, mapping_ids=self.world.mapping_ids, source_id=self.world.source_id)
        made.graphs.update(self.world.graphs)
        made.core.worker = name
        return made

    async def planned(self) -> list[str]:
        return [post for (post,) in await self.world.rows(t.deliveries, "post_id")]


@pytest.fixture
async def pair(postgres_url: str, clock: FakeClock) -> AsyncIterator[Pair]:
    store = open_store(postgres_url)
    world = await Routing(store, clock).begin(graph(sink("hook", "page", Hook)))
    yield Pair(world, [await world.post(f"post {nth}") for nth in range(BURST)])
    await store.close()


async def work(process: Routing, posts: list[str]) -> None:
    """Route one post after the other, as a process does."""
    for post in posts:
        await process.route(post)


async def test_a_burst_is_walked_once_whoever_takes_its_posts(pair: Pair) -> None:
    await asyncio.gather(work(pair.first, pair.posts[::2]), work(pair.second, pair.posts[1::2]))

    assert await pair.planned() == pair.posts
    assert sorted(pair.walks.values()) == [1] * BURST
    assert await pair.world.store.read(routes.line, pair.posts[0], "a", pair.world.clock.now(), 1) is not None


async def test_what_comes_while_a_line_is_routed_is_turned_away_and_woken(pair: Pair) -> None:
    store: Any = pair.first.store
    store.before = asyncio.Event()
    routing = asyncio.create_task(pair.first.route(pair.posts[0]))
    await store.walked.wait()
    later = await pair.world.post("later")
    await pair.second.route(later)
    assert sum(pair.walks.values()) == 1
    store.before.set()
    await routing

    assert await pair.planned() == pair.posts
    assert pair.first.woken(Kind.ROUTE) == [later]
    await pair.second.route(later)
    assert await pair.planned() == [*pair.posts, later]


async def test_the_line_of_a_killed_process_goes_on_when_its_time_is_over(pair: Pair) -> None:
    line = routes.Line(WORKSPACE, pair.world.source_id, pair.posts)
    now = pair.world.clock.now()
    await pair.world.store.write(routes.take, line, "killed", (now, now + TAKEN_FOR))

    await pair.second.route(pair.posts[-1])
    assert await pair.planned() == []
    pair.world.clock.advance(TAKEN_FOR)
    await pair.second.route(pair.posts[-1])
    assert await pair.planned() == pair.posts


async def test_a_line_that_takes_long_stays_with_who_took_it(pair: Pair) -> None:
    write, clock = pair.first.store.write, pair.world.clock

    async def slow(unit: Any, *args: Any, **kwargs: Any) -> Any:
        done = await write(unit, *args, **kwargs)
        if unit is routes.extend:
            clock.advance(TAKEN_FOR * 0.6)
            await pair.second.route(pair.posts[-1])
        return done

    pair.first.store.write = slow  # type: ignore[method-assign]
    await pair.first.route(pair.posts[0])

    assert await pair.planned() == pair.posts
    assert sorted(pair.walks.values()) == [1] * BURST
