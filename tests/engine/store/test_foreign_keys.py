"""Foreign keys on PostgreSQL: a session that knew a table when it was nearly empty still checks by its index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.store import tables
from engine.store.bulk import insert
from engine.store.unit import PostgresStore

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
ENOUGH_FOR_A_KEPT_PLAN = 8
MANY = 2_000
READ = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'people'"


def _people_with_accounts(connection: Connection, names: list[str]) -> None:
    base = ("workspace_id", "id", "name", "created_at")
    insert(connection, tables.people, base, (("w", name, name, NOW) for name in names))
    insert(
        connection, tables.accounts, (*base, "platform", "person_id", "implicit"),
        (("w", name, name, NOW, "webhook", name, False) for name in names),
    )  # fmt: skip


def _load(connection: Connection) -> int:
    """Return how many rows of people the checks of this load read one after the other."""
    connection.execute(text("ANALYZE people"))
    for number in range(ENOUGH_FOR_A_KEPT_PLAN):
        _people_with_accounts(connection, [f"first {number}"])
    before = connection.execute(text(READ)).scalar_one()
    _people_with_accounts(connection, [f"then {number}" for number in range(MANY)])
    return int(connection.execute(text(READ)).scalar_one() - before)


async def test_a_check_does_not_read_the_whole_table(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, pool_size=1, overflow=0)
    try:
        read = await store.write(_load)
    finally:
        await store.close()

    assert read < MANY
