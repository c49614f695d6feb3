"""Processes go by the time of their database, wherever the clocks of their machines stand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from engine.clock import AgreedClock
from engine.run.agree import AGREE_EVERY_S, Agreement, ClockError, keep_time
from engine.run.gate import Gate
from engine.store.claims import Request
from engine.store.unit import StoreError, open_store
from engine.testing.fakes import FakeClock
from tests.engine.run.world import World

if TYPE_CHECKING:
    from datetime import datetime

    from engine.run.core import Core
    from engine.store.unit import Store

MINUTE = timedelta(minutes=1)


class Told:
    """A database that tells its time, unless it is away; what is written goes to a store."""

    def __init__(self, store: Store | None, clock: FakeClock) -> None:
        self.write = store.write if store else None
        self.clock = clock
        self.away = False

    async def read(self, _unit: Any) -> datetime:
        if self.away:
            raise StoreError("It is away.")
        return self.clock.now()


def process(clock: FakeClock, machine: FakeClock, store: Store | None = None) -> tuple[Core, Told]:
    """Return what a process on a machine of its own has; `clock` is the database's."""
    told: Any = Told(store, clock)
    core = World(told, clock).core
    core.clock, core.worker = AgreedClock(machine), str(id(machine))
    return core, told


@pytest.mark.parametrize("off", [MINUTE, -MINUTE])
async def test_a_machine_whose_clock_was_set_wrong_takes_nobodys_lane_and_loses_none(
    sqlite_url: str, clock: FakeClock, off: timedelta
) -> None:
    store = open_store(sqlite_url)
    world = await World(store, clock).begin()
    account = await world.account("acme")
    machine = FakeClock(clock.now() + off)
    (right, _), (wrong, _) = process(clock, FakeClock(), store), process(clock, machine, store)
    await Agreement(wrong).keep()
    machine.jump_wall(off)  # and once more, between two answers of the database

    first, second = (right, wrong) if off > timedelta(0) else (wrong, right)
    assert (await Gate(first).ask(Request(account, take=True))).lane is not None
    assert (await Gate(second).ask(Request(account, take=True))).lane is None
    await store.close()


async def test_a_clock_that_goes_wrong_is_said_once_and_so_is_its_mending(clock: FakeClock) -> None:
    machine = FakeClock()
    core, _ = process(clock, machine)
    agreement = Agreement(core)
    with capture_logs() as lines:
        for jump in (9, 2, 5, -16, 0):
            machine.jump_wall(jump)
            await agreement.keep()

    assert [(line["log_level"], line.get("seconds_ahead")) for line in lines] == [("warning", 11), ("info", None)]


async def test_a_process_that_only_answers_keeps_the_time_through_a_database_that_is_away(clock: FakeClock) -> None:
    machine = FakeClock()
    core, told = process(clock, machine)
    agreeing = asyncio.create_task(Agreement(core).go_on())
    told.away = True
    with capture_logs() as lines:
        await machine.run_for(AGREE_EVERY_S)
        told.away = False
        clock.advance(MINUTE)
        await machine.run_for(AGREE_EVERY_S)
    agreeing.cancel()

    assert core.clock.now() == clock.now()
    assert [line["event"] for line in lines][:1] == ["The database could not be asked for the time."]


@pytest.mark.parametrize(("off", "said"), [(11, "11 s ahead of"), (-11, "11 s behind")])
async def test_no_process_starts_where_the_clock_is_far_from_the_databases(
    clock: FakeClock, off: int, said: str
) -> None:
    machine = FakeClock(clock.now() + timedelta(seconds=off))
    core, _ = process(clock, machine)

    with pytest.raises(ClockError, match=said):
        await keep_time(core)
    machine.jump_wall(-off)
    await keep_time(core)


async def test_a_process_alone_goes_by_the_clock_of_its_machine(clock: FakeClock) -> None:
    core, _ = process(FakeClock(clock.now() + MINUTE), clock)
    core.clock = clock
    await keep_time(core)
    await Agreement(core).keep()

    assert core.clock.now() == clock.now()
