"""Windows: what claims of one transaction take adds up. On both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.model.budget import Bucket, Take
from engine.store import budgets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.permit import Refusal
    from engine.store.unit import Store

DAY = timedelta(days=1)


async def test_claims_of_one_transaction_that_began_at_different_times_all_count(
    store: Store, workspace: str, now: datetime
) -> None:
    bucket = Bucket(workspace, "app", "x", "day")
    begun = [now + timedelta(milliseconds=number) for number in range(3)]
    takes = [Take(bucket, 1, 4, at, at + DAY) for at in begun]

    assert await store.write(_claimed, takes, now) == {}
    refused = await store.write(_claimed, takes, now)

    [use] = await store.read(budgets.uses, workspace, now)
    assert (use.used, len(refused)) == (4, 2)


def _claimed(connection: Connection, takes: Sequence[Take], now: datetime) -> dict[str, Refusal]:
    """Claim a delivery for each, as far as there is room."""
    refused = budgets.refusals(connection, {str(number): [take] for number, take in enumerate(takes)}, now)
    budgets.spend(connection, [take for number, take in enumerate(takes) if str(number) not in refused])
    return refused
