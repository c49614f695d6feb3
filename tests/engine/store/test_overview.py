"""The numbers of the start page, each counting what it says and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.model.delivery import State
from engine.store import tables
from engine.store.overview import Overview, overview

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_an_empty_instance_counts_nothing(store: Store, now: datetime) -> None:
    assert await store.read(overview, now) == Overview(0, 0, 0, 0)


async def test_each_number_counts_its_own(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("acme")
    for state in State:
        await rows.delivery(account, state, sent_at=now if state is State.SENT else None)
    await rows.delivery(account, due_at=now + timedelta(seconds=1))
    source = {"kind": "feed", "settings": "{}", "every_s": 60, "created_at": now}
    await rows.add(tables.sources, id="s1", name="a", identity="a", next_poll_at=now, **source)
    await rows.add(tables.sources, id="s2", name="b", identity="b", next_poll_at=None, **source)

    assert await store.read(overview, now) == Overview(sources=1, due=1, doubtful=1, sent=1)
