"""Two processes on one PostgreSQL need the same picture at the same moment: it is fetched and made ready once."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import TransientError
from engine.http_client import HttpClient
from engine.model.picture import MediaLimits
from engine.offload import Offload
from engine.run.media import LOOK_S, TAKEN_FOR, Gallery
from engine.store import tables as t
from engine.store.unit import open_store
from engine.testing.loopback import Answer, Loopback, always
from tests.engine.run.world import WORKSPACE, World
from tests.peers.pictures import photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.testing.fakes import FakeClock

X = MediaLimits(count=4, alt_max=20)
LINKEDIN = MediaLimits(count=20, max_side=30)
PATIENCE = 1_000_000
PHOTO = Answer(headers={"Content-Type": "image/jpeg"}, body=photo())


class Counting(Offload):
    """Does the worker's work in this process, counts it, and begins when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.made: Counter[int | None] = Counter()
        self.may = asyncio.Event()

    async def run_named(self, module: str, name: str, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        self.made[args[1].max_side] += 1
        await self.may.wait()
        return getattr(importlib.import_module(module), name)(*args)


class Pair:
    """Two processes, a server that has the picture, and what was made ready."""

    def __init__(self, world: World, server: Loopback, offload: Counting) -> None:
        self.world, self.server, self.offload = world, server, offload
        self.galleries = [Gallery(replace(world.core, worker=name)) for name in ("a", "b")]

    async def ask(self, which: int, limits: MediaLimits = X) -> Any:
        return await self.galleries[which].picture(WORKSPACE, f"{self.server.url}/a.jpg", "", limits)

    async def waits(self) -> None:
        """Return when somebody waits for the other process."""
        for _ in range(PATIENCE):
            if self.world.clock.sleeping:
                return
            await asyncio.sleep(0)
        raise AssertionError("Nobody waits.")


@pytest.fixture
async def pair(postgres_url: str, clock: FakeClock) -> AsyncIterator[Pair]:
    store = open_store(postgres_url)
    world = await World(store, clock).begin()
    world.core.offload = offload = Counting()
    async with Loopback(always(PHOTO)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        world.core.http = client
        yield Pair(world, server, offload)
    await store.close()


@pytest.mark.parametrize("second", [X, LINKEDIN])
async def test_of_two_who_ask_at_once_one_waits_and_finds_what_was_made(pair: Pair, second: MediaLimits) -> None:
    asks = [asyncio.create_task(pair.ask(0)), asyncio.create_task(pair.ask(1, second))]
    await pair.waits()
    pair.offload.may.set()
    await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
    while not all(ask.done() for ask in asks):
        pair.world.clock.advance(LOOK_S)
        await asyncio.sleep(0)
    for ask in asks:
        await ask

    assert len(pair.server.received) == 1
    assert set(pair.offload.made.values()) == {1}
    assert await pair.world.rows(t.takings, "key") == []


async def test_what_a_killed_process_was_fetching_is_fetched_by_the_other(pair: Pair) -> None:
    pair.offload.may.set()
    taken = {"workspace_id": WORKSPACE, "owner": "killed", "until": pair.world.clock.now() + TAKEN_FOR}
    asking = asyncio.create_task(pair.ask(0))
    await asyncio.wait([asking])
    key = "picture:" + (await pair.world.rows(t.media, "address"))[0]["address"]
    await pair.world.execute(t.media.delete())
    await pair.world.add(t.takings, key=key, **taken)

    asking = asyncio.create_task(pair.ask(1))
    await pair.waits()
    assert len(pair.server.received) == 1
    pair.world.clock.advance(TAKEN_FOR)
    await asking

    assert len(pair.server.received) == 2


async def test_a_picture_that_cannot_be_had_keeps_nobody_waiting(pair: Pair) -> None:
    pair.server.respond = always(Answer(503))
    for which in (0, 1):
        with pytest.raises(TransientError, match="503"):
            await pair.ask(which)

    assert pair.world.clock.sleeping == 0
