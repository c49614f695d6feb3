"""Bad weather over the database, before a claim and while a request is under way.

Nothing is sent without an intent on disk, and once the weather is fair all comes right by itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Receipt
from engine.model.delivery import Doubt
from engine.run.sweep import sweep
from engine.store import tables as t
from engine.store.unit import StoreError, open_store
from tests.engine.run.world import PERSON, ScriptedSink, World
from tests.kills.weather import Weather

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from engine.contract.context import SendContext
    from engine.model.post import Content
    from engine.testing.fakes import FakeClock
    from tests.peers.postgres import PostgresServer

KINDS = ("full", "read-only", "locked", "standby")
SEVERAL = 3


class LargeSink(ScriptedSink):
    """A sink whose uploads leave large rows, so that a full disk has no room for the next, and that can be read back.

    `storm` breaks the database while the n-th request is under way.
    """

    uploads = True

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt)
        self.storm: Weather | None = None

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        return {"part": "x" * 100_000}

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        storm, self.storm = self.storm, None
        if storm is not None:
            await storm.break_()
        return await super().commit(body, ctx)

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        return Receipt(ctx.attempt.key) if ctx.attempt.key in self.keys() else None

    def keys(self) -> list[str]:
        return [key for _, _, key in self.published]


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Give a kind of weather, and the URL of a migrated, empty database that it may break."""
    if request.param != "standby":
        yield request.param, request.getfixturevalue("sqlite_url")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create(like=request.getfixturevalue("postgres_template"))
    yield request.param, url
    server.drop(url)


@pytest.fixture
async def stormy(where: tuple[str, str], clock: FakeClock) -> AsyncIterator[tuple[World, Weather]]:
    """Give a world whose database can be broken in one way."""
    kind, url = where
    store = open_store(url, busy_ms=20)
    world = await World(store, clock, sink=LargeSink(Doubt.ASK)).begin()
    yield world, Weather(store, url, kind)
    await store.close()


async def work(world: World, account: str) -> None:
    """Do what the schedule would; a database that is away ends it."""
    with suppress(StoreError):
        await sweep(world.core)
        await world.drain(account)


async def settle(world: World, clock: FakeClock, account: str) -> dict[str, Any]:
    """Let time pass until everything has settled, and return the states."""
    for _ in range(8):
        clock.advance(61)
        await work(world, account)
    return {row["id"]: row["state"] for row in await world.rows(t.deliveries, "id", "state")}


async def test_nothing_is_sent_while_an_intent_cannot_be_written(
    stormy: tuple[World, Weather], clock: FakeClock
) -> None:
    world, weather = stormy
    account = await world.account("acme")
    for _ in range(SEVERAL):
        await world.delivery(account)

    await weather.break_()
    for _ in range(3):
        await work(world, account)
    assert world.sink.begun == []
    await weather.mend()

    assert set((await settle(world, clock, account)).values()) == {"sent"}
    assert len(world.sink.published) == SEVERAL


@pytest.mark.parametrize("doubt", list(Doubt))
async def test_an_outcome_that_cannot_be_written_is_a_doubt_and_comes_right(
    stormy: tuple[World, Weather], clock: FakeClock, doubt: Doubt
) -> None:
    world, weather = stormy
    sink = world.sink = LargeSink(doubt)
    account = await world.account("acme")
    deliveries = [await world.delivery(account) for _ in range(SEVERAL)]
    sink.storm = weather

    for _ in range(3):
        await work(world, account)
    intents = {row["id"] for row in await world.rows(t.attempts, "id")}
    assert set(sink.begun) <= intents, "a request began without an intent on disk"
    await weather.mend()

    states = await settle(world, clock, account)
    allowed = {"sent", "check_needed"} if doubt in PERSON else {"sent"}
    assert set(states.values()) <= allowed
    assert {one for one in deliveries if states[one] == "sent"} <= set(sink.keys())
    assert list(states.values()).count("check_needed") <= 1
    if doubt is not Doubt.IDEMPOTENT:  # the receiver of that class counts a key once, however often it comes
        assert len(sink.keys()) == len(set(sink.keys()))
