"""On PostgreSQL a sweep and a claim of the same account take turns: both hold the lane before the deliveries."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.store import lanes
from engine.store import tables as t
from engine.store.unit import open_store
from tests.engine.run.world import World

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.testing.fakes import FakeClock

PATIENCE = 10_000


async def test_a_sweep_and_a_claim_never_end_each_other(postgres_url: str, clock: FakeClock) -> None:
    store = open_store(postgres_url)
    world = await World(store, clock).begin()
    account = await world.account("acme")
    delivery = await world.delivery(account, state="sending")
    await world.execute(t.lanes.update().values(next_due_at=None))
    runs: list[str] = []
    held = asyncio.Event()

    def claim(connection: Connection) -> None:
        """Hold the lane as a claim does, until the sweep waits for something, and then want the delivery."""
        runs.append("claim")
        connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
        lanes.lock(connection, [account])
        held.set()
        for _ in range(PATIENCE):  # each statement lets the other go on
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                break
        connection.execute(text("UPDATE deliveries SET detail = 'claimed' WHERE id = :id"), {"id": delivery})

    def sweep(connection: Connection, now: datetime) -> list[str]:
        runs.append("sweep")
        connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
        return lanes.doubt_abandoned(connection, now)

    claiming = asyncio.create_task(store.write(claim))
    await held.wait()
    _, doubted = await asyncio.gather(claiming, store.write(sweep, clock.now()))

    assert doubted == [account]
    assert (await world.state(delivery))["state"] == "doubtful"
    assert sorted(runs) == ["claim", "sweep"]
    await store.close()
