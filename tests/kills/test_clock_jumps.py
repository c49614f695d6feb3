"""The wall clock is set on or back by five minutes while a request is under way, with one worker and with two.

A jump on ends every lease for a second worker, which then finds a request under way; a jump back makes what is due
wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

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

JUMPS = (300, -300)
SEVERAL = 3


class SlowSink(ScriptedSink):
    """A sink whose first request waits until it is let through; the other side has it once it returns."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt)
        self.under_way = asyncio.Event()
        self.through = asyncio.Event()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        if not self.under_way.is_set():
            self.under_way.set()
            await self.through.wait()
        return await super().commit(body, ctx)

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        return Receipt(ctx.attempt.key) if ctx.attempt.key in self.keys() else None

    def keys(self) -> Counter[str]:
        return Counter(key for _, _, key in self.published)


def beside(world: World, clock: FakeClock) -> World:
    """Return another worker on the same rows."""
    return World(world.store, clock, sink=world.sink, mapping_id=world.mapping_id, version_id=world.version_id)


async def work(world: World, account: str) -> None:
    """Do what the schedule would."""
    await sweep(world.core)
    await world.drain(account)


@pytest.mark.parametrize("doubt", list(Doubt))
@pytest.mark.parametrize("seconds", JUMPS, ids=["on", "back"])
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_jump_while_a_request_is_under_way_loses_and_doubles_nothing(
    store: Store, clock: FakeClock, doubt: Doubt, seconds: int, workers: int
) -> None:
    sink = SlowSink(doubt)
    world = await World(store, clock, sink=sink).begin()
    account = await world.account("acme")
    deliveries = [await world.delivery(account) for _ in range(SEVERAL)]

    drain = asyncio.ensure_future(world.drain(account))
    await sink.under_way.wait()
    clock.jump_wall(seconds)
    for _ in range(workers - 1):
        await work(beside(world, clock), account)
    sink.through.set()
    await drain
    for _ in range(12):
        clock.advance(61)
        await work(world, account)

    states = Counter([(await world.state(one))["state"] for one in deliveries])
    if doubt in PERSON and workers == 2:
        assert states["check_needed"] <= 1
        assert states["sent"] + states["check_needed"] == SEVERAL
    else:
        assert states == {"sent": SEVERAL}
    assert set(sink.keys()) == set(deliveries)
    if doubt is not Doubt.IDEMPOTENT:  # the receiver of that class counts a key once, however often it comes
        assert max(sink.keys().values()) == 1
