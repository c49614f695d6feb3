"""A person's yes stands in the row: a narrowed consent keeps what was approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.delivery import State
from engine.store import deliveries, tables

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_an_approved_delivery_says_when(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    waiting, blocked = await rows.delivery(account, State.WAITING), await rows.delivery(account, State.BLOCKED)
    found = {row.id: row for row in await store.read(deliveries.listed, rows.workspace)}

    for delivery in (waiting, blocked):
        await store.write(deliveries.move, found[delivery], State.PLANNED, detail="", now=now)

    approved = await rows.read(tables.deliveries, "id", "approved_at")
    assert dict(approved) == {waiting: now, blocked: None}
