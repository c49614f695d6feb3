"""Readiness looks at the real database, the real vault and the real schedule, and names what is missing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from api.kinds import registry
from api.serving import FRESH, RuntimeServing
from engine.schedule import Schedule
from engine.store.overview import Overview
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault, new_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


async def nothing() -> None:
    """Do nothing."""


@pytest.fixture
async def schedule() -> AsyncIterator[Schedule]:
    running = Schedule(tick=nothing, sweep=nothing)
    running.start()
    yield running
    await running.stop()


@pytest.fixture
def vault() -> Vault:
    return Vault(KeyFile((new_key(),)))


@pytest.fixture
def serving(store: Store, vault: Vault, schedule: Schedule, clock: FakeClock) -> RuntimeServing:
    return RuntimeServing(store, vault, schedule, clock, lambda: True, registry())


async def test_a_runtime_with_all_its_parts_is_ready(serving: RuntimeServing) -> None:
    assert await serving.reasons() == []
    assert await serving.overview() == Overview(0, 0, 0, 0)
    assert await serving.waiting() == 0


async def test_a_schedule_that_does_not_run_is_a_reason(serving: RuntimeServing, schedule: Schedule) -> None:
    await schedule.stop()

    assert await serving.reasons() == ["The schedule does not run: the process is starting or stopping."]


async def test_a_missing_key_file_is_a_reason(store: Store, schedule: Schedule, clock: FakeClock) -> None:
    serving = RuntimeServing(store, Vault(None), schedule, clock, lambda: True, registry())

    assert await serving.reasons() == ["No key file is loaded: secrets cannot be opened, so nothing is published."]


async def test_a_database_without_tables_is_a_reason_with_the_remedy(
    blank_url: str, vault: Vault, schedule: Schedule, clock: FakeClock
) -> None:
    store = open_store(blank_url)
    serving = RuntimeServing(store, vault, schedule, clock, lambda: True, registry())

    assert await serving.reasons() == [
        "There is no database yet: run `chappe init`, or say with CHAPPE_DATABASE_URL or CHAPPE_DATA_DIR where it is."
    ]
    await store.close()


async def test_a_database_that_does_not_answer_is_a_reason(vault: Vault, schedule: Schedule, clock: FakeClock) -> None:
    url = "postgresql://nobody@127.0.0.1:1/chappe"
    store = open_store(url)
    serving = RuntimeServing(store, vault, schedule, clock, lambda: True, registry())

    assert await serving.reasons() == ["PostgreSQL does not answer at the configured address: is it running?"]
    await store.close()


async def test_work_that_has_ended_by_itself_is_a_reason(
    store: Store, vault: Vault, schedule: Schedule, clock: FakeClock
) -> None:
    serving = RuntimeServing(store, vault, schedule, clock, lambda: False, registry())

    assert await serving.reasons() == [
        "The work has ended by itself, so nothing is polled or sent: the process must be restarted."
    ]


class Counted:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.dialect = store.dialect
        self.reads = 0
        self.writes = 0

    async def read(self, *arguments: Any) -> Any:
        self.reads += 1
        return await self._store.read(*arguments)

    async def write(self, *arguments: Any) -> Any:
        self.writes += 1
        return await self._store.write(*arguments)

    async def close(self) -> None:
        await self._store.close()


async def test_however_many_ask_the_database_is_read_once_a_second_and_never_written(
    store: Store, vault: Vault, schedule: Schedule, clock: FakeClock
) -> None:
    counted: Any = Counted(store)
    serving = RuntimeServing(counted, vault, schedule, clock, lambda: True, registry())

    await asyncio.gather(*(serving.reasons() for _ in range(50)), *(serving.overview() for _ in range(50)))
    await asyncio.gather(*(serving.waiting() for _ in range(50)))
    once = counted.reads
    clock.advance(FRESH)
    await serving.reasons()

    assert (once, counted.reads, counted.writes) == (3, 5, 0)
