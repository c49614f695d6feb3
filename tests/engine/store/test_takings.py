"""What one process has taken the others leave alone, until it is given back or its time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.store import takings

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

WORKSPACE, TERM = "0" * 32, timedelta(seconds=5)


async def test_work_is_one_owners_until_its_time_is_over_or_it_is_given_back(store: Store, clock: FakeClock) -> None:
    async def take(owner: str, key: str = "work", workspace: str = WORKSPACE) -> bool:
        now = clock.now()
        return await store.write(takings.take, workspace, key, owner, (now, now + TERM))

    assert [await take("a"), await take("b"), await take("a")] == [True, False, True]
    assert [await take("b", "other"), await take("b", workspace="1" * 32)] == [True, True]

    await store.write(takings.give_back, WORKSPACE, "work", "b")
    assert not await take("b")
    await store.write(takings.give_back, WORKSPACE, "work", "a")
    assert await take("b")

    clock.advance(TERM)
    assert [await take("a"), await take("b")] == [True, False]
    clock.advance(TERM / 2)
    assert [await take("a"), await take("b")] == [True, False]
    clock.advance(TERM / 2)
    assert not await take("b")


async def test_what_killed_processes_had_taken_is_forgotten(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    for key, until in (("ended", now + TERM), ("stands", now + 3 * TERM)):
        await store.write(takings.take, WORKSPACE, key, "killed", (now, until))

    assert await store.write(takings.retire, now + 2 * TERM, 10) == 1
    assert not await store.write(takings.take, WORKSPACE, "stands", "b", (now, now + TERM))
