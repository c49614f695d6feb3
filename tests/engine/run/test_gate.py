"""The gate: many drains, one transaction, and only the guilty one is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from engine.run.gate import Gate
from engine.store.claims import Answer, Request
from engine.store.unit import StoreError
from tests.engine.run.world import World

if TYPE_CHECKING:
    from engine.store.claims import Turn
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


class Choosy:
    """A database that writes no group in which one account asks."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.groups: list[list[str]] = []

    async def write(self, unit: Any, group: Turn) -> dict[str, Answer]:
        del unit
        names = [request.account_id for request in group.requests]
        self.groups.append(names)
        if "guilty" in names:
            raise self.error
        return {name: Answer(claimed=True) for name in names}


@pytest.mark.parametrize("error", [StoreError("The disk is full."), ZeroDivisionError()])
async def test_a_group_that_fails_is_tried_one_by_one(store: Store, clock: FakeClock, error: Exception) -> None:
    world, choosy = World(store, clock), Choosy(error)
    world.core.store = cast("Store", choosy)
    gate = Gate(world.core)

    async def ask(name: str) -> Answer:
        async with gate.seat():
            return await gate.ask(Request(name))

    first, guilty, last = await asyncio.gather(*map(ask, ("first", "guilty", "last")), return_exceptions=True)

    assert (first, guilty, last) == (Answer(claimed=True), error, Answer(claimed=True))
    assert choosy.groups[0] == ["first"]
    assert ["last"] in choosy.groups
