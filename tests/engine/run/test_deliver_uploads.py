"""Nothing is uploaded in anybody's name for a delivery that may not go out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Limits
from engine.errors import RateLimitedError, RejectedError
from engine.model.consent import Mode, Terms
from engine.run import person
from engine.store import deliveries, pauses
from engine.store import tables as t
from engine.store.pauses import Scope
from tests.engine.run.world import WORKSPACE, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.errors import ChappeError
    from engine.model.post import Content
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

FREE = Terms(mode=Mode.POST_FOR_ME, max_per_hour=1, max_per_day=8)


class Uploading(ScriptedSink):
    """A sink that uploads first, and counts it."""

    uploads = True

    def __init__(self) -> None:
        super().__init__()
        self.uploaded = 0
        self.works: list[ChappeError] = []

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        self.uploaded += 1
        return {"picture": "1"}

    async def ready(self, ctx: SendContext) -> None:
        assert ctx.prepared == {"picture": "1"}
        step = self.works.pop(0) if self.works else None
        if step is not None:
            raise step


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock, sink=Uploading()).begin()


async def against(world: World, what: str, account: str) -> None:
    """Let something stand against what is planned for an account."""
    now = world.clock.now()
    if what == "a pause":
        await world.store.write(pauses.pause, WORKSPACE, Scope.EVERYTHING, reason="Stop.", now=now)
    elif what == "a withdrawal":
        await world.execute(t.consent_heads.update().values(given=False))
    elif what == "a lost account":
        await world.execute(t.accounts.update().where(t.accounts.c.id == account).values(state="lost"))
    elif what == "a cap":
        sent: dict[str, Any] = {"state": "sent", "sent_at": now - timedelta(minutes=1)}
        await world.delivery(account, **sent)


@pytest.mark.parametrize("what", ["a pause", "a withdrawal", "a lost account", "a cap"])
async def test_nothing_is_uploaded_while_something_stands_against_it(world: World, what: str) -> None:
    account = await world.account("lea", FREE)
    delivery = await world.delivery(account)
    await against(world, what, account)

    await world.drain(account)

    assert isinstance(world.sink, Uploading)
    assert world.sink.uploaded == 0
    row = await world.state(delivery)
    assert row["state"] != "sent"
    assert row["detail"], "the row says why"
    assert [one["delivery_id"] for one in await world.rows(t.traces)] == [delivery]


async def test_what_a_platform_still_works_at_is_kept_and_what_is_of_no_use_is_uploaded_anew(world: World) -> None:
    assert isinstance(world.sink, Uploading)
    world.sink.works = [RateLimitedError("Not yet.", wait=timedelta(seconds=20)), RejectedError("No.", code="x")]
    account = await world.account("lea", FREE)
    delivery = await world.delivery(account)
    states = []
    for _ in range(2):
        await world.drain(account)
        row = await world.state(delivery)
        states.append((row["state"], row["tries"], world.sink.uploaded))
        world.clock.advance(21)
    await person.retry(world.core, await person.find(world.core, WORKSPACE, delivery), "Ada")
    await world.drain(account)

    assert states == [("planned", 0, 1), ("rejected", 1, 1)]
    assert ((await world.state(delivery))["state"], world.sink.uploaded) == ("sent", 2)


async def test_a_text_alone_is_refused_before_a_network_of_pictures_is_asked_anything(world: World) -> None:
    assert isinstance(world.sink, Uploading)
    world.sink.limits = Limits(needs_media=("image",))  # type: ignore[misc]  # as a newer version of it would say
    account = await world.account("lea", FREE)
    delivery = await world.delivery(account)

    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], world.sink.uploaded) == ("rejected", 0)
    assert row["detail"].startswith("The network takes no post without a picture, and this one has none.")


async def test_what_waits_behind_one_that_may_not_go_says_until_when(world: World) -> None:
    account = await world.account("lea", FREE)
    await against(world, "a cap", account)
    first, second = await world.delivery(account), await world.delivery(account)

    await world.drain(account)

    rows = {row.id: row.detail for row in await world.store.read(deliveries.listed, WORKSPACE)}
    assert "hour" in rows[first]
    assert rows[second].startswith("Another post of this account goes first, not before ")


async def test_what_may_go_out_is_uploaded_once_and_sent(world: World) -> None:
    account = await world.account("lea", FREE)
    delivery = await world.delivery(account)

    await world.drain(account)

    assert isinstance(world.sink, Uploading)
    assert world.sink.uploaded == 1
    assert (await world.state(delivery))["state"] == "sent"
