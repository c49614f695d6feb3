"""A machine that is suspended between a claim and its send sends nothing when it wakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.store import tables as t
from engine.store.unit import open_store
from tests.engine.run.world import World

if TYPE_CHECKING:
    from engine.testing.fakes import FakeClock


@pytest.mark.parametrize(("asleep", "sent"), [(14, 1), (16, 0), (28_800, 0)])
async def test_what_was_claimed_before_the_machine_slept_is_not_sent_after_it(
    sqlite_url: str, clock: FakeClock, asleep: int, sent: int
) -> None:
    store = open_store(sqlite_url)
    world = await World(store, clock).begin()
    account = await world.account("acme")
    delivery = await world.delivery(account)
    written = store.write

    async def write(unit: Any, *args: Any, **kwargs: Any) -> Any:
        done = await written(unit, *args, **kwargs)
        if args and any(request.claim for request in getattr(args[0], "requests", ())):
            clock.advance(asleep)
        return done

    world.core.store = store
    store.write = write  # type: ignore[method-assign]
    await world.drain(account)

    assert len(world.sink.published) == sent
    assert (await world.state(delivery))["state"] == ("sent" if sent else "planned")
    assert [row["outcome"] for row in await world.rows(t.attempts, "id", "outcome")] == ["sent" if sent else "put_back"]
    await store.close()
