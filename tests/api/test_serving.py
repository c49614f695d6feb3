"""Readiness looks at the real database, the real vault and the real schedule, and names what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.serving import RuntimeServing
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
def serving(store: Store, database_url: str, vault: Vault, schedule: Schedule, clock: FakeClock) -> RuntimeServing:
    return RuntimeServing(database_url, store, vault, schedule, clock)


async def test_a_runtime_with_all_its_parts_is_ready(serving: RuntimeServing) -> None:
    assert await serving.reasons() == []
    assert await serving.overview() == Overview(0, 0, 0, 0, 0)


async def test_a_schedule_that_does_not_run_is_a_reason(serving: RuntimeServing, schedule: Schedule) -> None:
    await schedule.stop()

    assert await serving.reasons() == ["The schedule does not run: the process is starting or stopping."]


async def test_a_missing_key_file_is_a_reason(
    store: Store, database_url: str, schedule: Schedule, clock: FakeClock
) -> None:
    serving = RuntimeServing(database_url, store, Vault(None), schedule, clock)

    assert await serving.reasons() == ["No key file is loaded: secrets cannot be opened, so nothing is published."]


async def test_a_database_without_tables_is_a_reason_with_the_remedy(
    blank_url: str, vault: Vault, schedule: Schedule, clock: FakeClock
) -> None:
    store = open_store(blank_url)
    serving = RuntimeServing(blank_url, store, vault, schedule, clock)

    assert await serving.reasons() == ["The database has no tables yet: run `chappe migrate`."]
    await store.close()


async def test_a_database_that_does_not_answer_is_a_reason(vault: Vault, schedule: Schedule, clock: FakeClock) -> None:
    url = "postgresql://nobody@127.0.0.1:1/chappe"
    store = open_store(url)
    serving = RuntimeServing(url, store, vault, schedule, clock)

    assert await serving.reasons() == ["PostgreSQL does not answer at the configured address: is it running?"]
    await store.close()
