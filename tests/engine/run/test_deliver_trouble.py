"""Trouble before a send and around an outcome: no post is rejected for it, and none goes out in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Receipt
from engine.errors import ConflictError, TransientError
from engine.model.delivery import Doubt
from engine.run import person
from engine.store import tables as t
from engine.store.unit import StoreError
from tests.engine.run.world import WORKSPACE, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.model.post import Content
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock).begin()


class UnreadableStore:
    """A database whose contents cannot be read for a while."""

    def __init__(self, store: Store) -> None:
        self.dialect, self.write, self.close = store.dialect, store.write, store.close
        self._store = store
        self.broken = True

    async def read(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        if self.broken and unit.__name__ == "document_of":
            raise StoreError("The disk answers with errors.")
        return await self._store.read(unit, *args, **kwargs)


async def test_a_database_that_cannot_be_read_delays_and_rejects_nothing(world: World) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    store = world.core.store = UnreadableStore(world.store)

    await world.drain(account)
    assert ((await world.state(delivery))["state"], world.sink.begun) == ("planned", [])
    store.broken = False
    await world.drain(account)

    assert (await world.state(delivery))["state"] == "sent"


class BrokenSink(ScriptedSink):
    """A sink with a defect in its pure part."""

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Any) -> bytes:
        if content.text == "poison":
            raise ZeroDivisionError
        return super().wire(content, account, attempt, prepared)


async def test_a_defect_before_the_send_blocks_its_delivery_alone(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock, sink=BrokenSink()).begin()
    account = await world.account("acme")
    poison, fine = await world.delivery(account, "poison"), await world.delivery(account)

    await world.drain(account)

    row = await world.state(poison)
    assert (row["state"], row["reason"], "ZeroDivisionError" in row["detail"]) == ("blocked", "mapping", True)
    assert (await world.state(fine))["state"] == "sent"


async def test_a_known_outcome_is_written_before_a_doubt_is_looked_at(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock, sink=LookingSink(Doubt.FINDABLE)).begin()
    account = await world.account("acme")
    fine = await world.delivery(account)
    doubtful = await world.delivery(account, state="doubtful")
    clock.advance(121)

    world.sink.looks = [world, fine]
    await world.drain(account)

    assert world.sink.looks == ["sent"]
    assert (await world.state(doubtful))["state"] == "sent"


class LookingSink(ScriptedSink):
    """A sink that notes how another delivery stands while it is asked about one."""

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        world, other = self.looks
        self.looks = [(await world.state(other))["state"]]
        return Receipt("7")


class ChangingSink(ScriptedSink):
    """A sink whose body changes, as after an upgrade."""

    edition = 1

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Any) -> bytes:
        return super().wire(content, account, attempt, prepared) + str(self.edition).encode()


async def test_a_person_who_has_looked_may_send_what_would_differ(store: Store, clock: FakeClock) -> None:
    sink = ChangingSink()
    world = await World(store, clock, sink=sink).begin()
    account = await world.account("acme")
    delivery = await world.delivery(account)
    sink.script = [TransientError("Refused.")]
    await world.drain(account)
    sink.edition = 2
    clock.advance(31)
    await world.drain(account)
    assert (await world.state(delivery))["state"] == "rejected"

    await person.retry(world.core, await person.find(world.core, WORKSPACE, delivery), "Léa")
    await world.drain(account)

    assert (await world.state(delivery))["state"] == "sent"


async def test_a_guard_says_why_in_the_trace_once(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    pause = {"scope": "everything", "key": "", "since": clock.now(), "reason": "Crisis"}
    await world.add(t.pauses, workspace_id=WORKSPACE, **pause)

    for _ in range(3):
        await world.drain(account)
        clock.advance(31)

    told = await world.rows(t.traces, "sentence", "what", "delivery_id")
    assert told == [{"sentence": "Everything is paused: Crisis.", "what": "waits", "delivery_id": delivery}]


async def test_a_move_that_the_life_does_not_have_is_refused(world: World) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    await world.drain(account)

    with pytest.raises(ConflictError, match="A delivery that is sent cannot be cancelled"):
        await person.cancel(world.core, await person.find(world.core, WORKSPACE, delivery[-8:]), "Léa")
