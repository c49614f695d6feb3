"""What the tables refuse: rows of another workspace, a second publication, rows without a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import DateTime, insert, text

from engine.ids import new_id
from engine.model.delivery import State
from engine.store import tables
from engine.store.tables import metadata
from engine.store.unit import StoreError
from tests.engine.store.conftest import NOW

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


@pytest.mark.parametrize("name", sorted(set(metadata.tables) - {"workspaces"}))
def test_every_table_belongs_to_a_workspace_and_refers_within_it(name: str) -> None:
    table = metadata.tables[name]

    assert not table.c.workspace_id.nullable
    for reference in table.foreign_key_constraints:
        pairs = [(element.parent.name, element.column.name) for element in reference.elements]
        assert pairs[0] == ("workspace_id", "workspace_id")
        assert len(pairs) == 2
        assert reference.ondelete == "CASCADE"


def test_every_time_is_an_instant() -> None:
    naive = [
        str(column) for table in metadata.tables.values() for column in table.c if isinstance(column.type, DateTime)
    ]

    assert naive == []


def test_every_reference_is_led_to_by_an_index() -> None:
    """Deleting a row looks for those that refer to it: without an index it would read their whole table."""
    missing = [
        f"{table.name}.{columns[-1]}"
        for table in metadata.tables.values()
        for columns in (reference.column_keys for reference in table.foreign_key_constraints)
        if not any(index[: len(columns)] == columns or index[0] == columns[-1] for index in _indexes(table.name))
    ]

    assert missing == []


def _indexes(name: str) -> list[list[str]]:
    table = metadata.tables[name]
    unique = [constraint for constraint in table.constraints if hasattr(constraint, "columns")]
    keys = [list(constraint.columns.keys()) for constraint in unique if not hasattr(constraint, "elements")]
    return [*keys, *([column.name for column in index.columns] for index in table.indexes)]


async def test_a_row_of_another_workspace_cannot_be_referred_to(store: Store, rows: Rows) -> None:
    person = await rows.person("Léa")

    def stray(connection: Connection) -> None:
        account = {"id": new_id(), "name": "stray", "platform": "x", "person_id": person, "created_at": NOW}
        connection.execute(insert(tables.accounts).values(workspace_id="other", implicit=False, **account))

    with pytest.raises(StoreError, match="refused"):
        await store.write(stray)


async def test_an_account_publishes_a_post_once_a_round(rows: Rows) -> None:
    account = await rows.account("lea")
    await rows.delivery(account, post_id="p")
    await rows.delivery(account, post_id="p", round=1)

    with pytest.raises(StoreError):
        await rows.delivery(account, State.SENT, post_id="p", mapping="other")


async def test_a_route_takes_its_deliveries_and_their_attempts_with_it(store: Store, rows: Rows) -> None:
    account = await rows.account("lea")
    route = await rows.route(branches=1, planned=1)
    delivery = await rows.delivery(account, route_id=route)
    await rows.add(
        tables.attempts, id=new_id(), delivery_id=delivery, account_id=account, number=1, content_id="c", key="k",
        frozen_at=NOW, request_hash="h", fence=1, started_at=NOW,
    )  # fmt: skip

    await store.write(lambda connection: connection.execute(text("DELETE FROM routes")).rowcount)

    assert await rows.states() == {}
    assert await rows.read(tables.attempts, "id") == []
