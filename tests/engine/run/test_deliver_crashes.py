"""The crash table: end the worker before and after each of its transactions and around the request, and start again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Receipt
from engine.model.delivery import Doubt
from engine.run.sweep import sweep
from tests.engine.run.world import PERSON, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.model.post import Content
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

WRITES = 5
"""Take the lane, claim, outcome with the next claim, outcome with the lane given back; and one more."""


class Killed(BaseException):
    """The process ends here."""


class MortalStore:
    """A store whose process dies before or after its n-th transaction."""

    def __init__(self, store: Store, nth: int, *, after: bool) -> None:
        self.dialect, self.read, self.close = store.dialect, store.read, store.close
        self._store, self._left, self._after = store, nth, after

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        result = await self._store.write(unit, *args, **kwargs)
        if self._left == 0:
            raise Killed
        return result


class TruthfulSink(ScriptedSink):
    """A sink that can be read back, and that may die around its request."""

    def __init__(self, doubt: Doubt, *, dies: str = "") -> None:
        super().__init__(doubt)
        self.dies = dies

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        if self.dies == "before":
            self.dies = ""
            raise Killed
        receipt = await super().commit(body, ctx)
        if self.dies == "after":
            self.dies = ""
            raise Killed
        return receipt

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        key = ctx.attempt.key
        return Receipt(key) if key in {sent for _, _, sent in self.published} else None


async def live_and_die(world: World, account: str) -> bool:
    """Run one life; it ends at its appointed moment or when nothing is left to do."""
    try:
        await world.drain(account)
    except Killed:
        return True
    return False


async def start_again(world: World, clock: FakeClock, account: str) -> World:
    """Start a new worker on the same rows, and let the time pass that settling takes."""
    heir = World(world.store, clock, sink=world.sink, mapping_id=world.mapping_id, version_id=world.version_id)
    for _ in range(6):
        clock.advance(61)
        await sweep(heir.core)
        await heir.drain(account)
    return heir


def verdict(world: World, doubt: Doubt, deliveries: list[str], states: dict[str, str]) -> list[str]:
    """Say what is wrong: nothing lost, and nothing twice where the class promises it."""
    keys = [key for _, _, key in world.sink.published]
    wrong = [f"{one} is {states[one]}" for one in deliveries if states[one] not in {"sent", "check_needed"}]
    wrong += [f"{one} is sent, not there" for one in deliveries if states[one] == "sent" and one not in keys]
    if doubt not in PERSON:
        wrong += [f"{one} is {states[one]}" for one in deliveries if states[one] != "sent"]
    if doubt is not Doubt.IDEMPOTENT:  # the receiver of that class counts a key once, however often it comes
        wrong += [f"{one} is there twice" for one in deliveries if keys.count(one) > 1]
    return wrong


@pytest.mark.parametrize("doubt", list(Doubt))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, WRITES + 1))
async def test_killed_around_a_transaction_nothing_is_lost_or_doubled(
    store: Store, clock: FakeClock, doubt: Doubt, after: bool, nth: int
) -> None:
    world = await World(store, clock, sink=TruthfulSink(doubt)).begin()
    account = await world.account("acme")
    deliveries = [await world.delivery(account) for _ in range(2)]
    world.core.store = MortalStore(store, nth, after=after)

    died = await live_and_die(world, account)
    heir = await start_again(world, clock, account)

    states = {one: (await heir.state(one))["state"] for one in deliveries}
    assert died == (nth <= WRITES - 1)
    assert verdict(world, doubt, deliveries, states) == []


@pytest.mark.parametrize("doubt", list(Doubt))
@pytest.mark.parametrize("dies", ["before", "after"])
async def test_killed_around_the_request_nothing_is_lost_or_doubled(
    store: Store, clock: FakeClock, doubt: Doubt, dies: str
) -> None:
    world = await World(store, clock, sink=TruthfulSink(doubt, dies=dies)).begin()
    account = await world.account("acme")
    deliveries = [await world.delivery(account) for _ in range(2)]

    died = await live_and_die(world, account)
    heir = await start_again(world, clock, account)

    states = {one: (await heir.state(one))["state"] for one in deliveries}
    assert died
    assert verdict(world, doubt, deliveries, states) == []
    if doubt in PERSON:
        assert states[deliveries[0]] == "check_needed"


@pytest.mark.parametrize(("after", "uploads"), [(False, 2), (True, 1)], ids=["before", "after"])
async def test_killed_around_what_was_uploaded_it_is_prepared_again_or_used(
    store: Store, clock: FakeClock, after: bool, uploads: int
) -> None:
    world = await World(store, clock, sink=UploadingSink(Doubt.ASK)).begin()
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.core.store = MortalStore(store, 3, after=after)  # behind the lane and the look

    died = await live_and_die(world, account)
    assert died
    assert world.sink.begun == []
    heir = await start_again(world, clock, account)

    assert (await heir.state(delivery))["state"] == "sent"
    assert len(world.sink.looks) == uploads
    assert [f"upload {uploads}" in body.decode() for _, body, _ in world.sink.published] == [True]


class UploadingSink(TruthfulSink):
    """A sink that uploads before it publishes, and counts how often."""

    uploads = True

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        self.looks.append(content)
        return {"picture": f"upload {len(self.looks)}"}
