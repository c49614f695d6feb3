"""Rows that tests of the store begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from engine.ids import new_id
from engine.model.delivery import State
from engine.store import accounts, people, tables, workspaces
from engine.store.accounts import AccountRow
from engine.store.people import Person
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from engine.store.unit import Store

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """Give a Monday morning."""
    return NOW


@pytest.fixture
async def workspace(store: Store, now: datetime) -> str:
    """Give the id of a workspace called acme."""
    made = Workspace(new_id(), "acme", "sealed key", now)
    await store.write(workspaces.create, made)
    return made.id


@dataclass
class Rows:
    """Short ways to put rows into one workspace and to look at them."""

    store: Store
    workspace: str
    mapping_ids: dict[str, str] = field(default_factory=dict)

    async def person(self, name: str) -> str:
        """Add a person and return the id."""
        made = Person(new_id(), self.workspace, name, NOW)
        await self.store.write(people.add, made)
        return made.id

    async def account(self, name: str, person_id: str | None = None, platform: str = "linkedin") -> str:
        """Add an account with its lane and return the id."""
        made = AccountRow(new_id(), self.workspace, name, platform, NOW, person_id=person_id)
        await self.store.write(accounts.add, made)
        return made.id

    async def route(self, mapping: str = "news", **values: Any) -> str:
        """Add a routed post of a mapping and return the route's id."""
        return await self.store.write(self._route, mapping, values)

    async def delivery(self, account_id: str, state: State = State.PLANNED, **values: Any) -> str:
        """Add a delivery, by default with a route of its own that counts it, and return the id."""
        mapping = values.pop("mapping", "news")
        route_id = values.pop("route_id", None) or await self.route(mapping, branches=1, planned=1)
        mapping_id = self.mapping_ids[mapping]
        row = {
            "id": new_id(), "mapping_id": mapping_id, "version_id": "v", "route_id": route_id, "post_id": new_id(),
            "sink": "out", "account_id": account_id, "content_id": "c", "state": state, "due_at": NOW,
            "released_at": NOW, "max_age_s": 86_400, "created_at": NOW, "updated_at": NOW, **values,
        }  # fmt: skip
        await self.store.write(self._insert, tables.deliveries, row)
        return str(row["id"])

    async def add(self, table: Table, **values: Any) -> None:
        """Add a row to a table."""
        await self.store.write(self._insert, table, values)

    async def read(self, table: Table, *names: str) -> list[tuple[Any, ...]]:
        """Return columns of every row of a table, in the order of their values."""
        query = select(*(table.c[name] for name in names)).order_by(*names)
        return await self.store.read(lambda connection: [tuple(row) for row in connection.execute(query)])

    async def states(self) -> dict[str, tuple[str, str]]:
        """Return (state, reason) of every delivery."""
        return {row[0]: (row[1], row[2]) for row in await self.read(tables.deliveries, "id", "state", "reason")}

    def _insert(self, connection: Connection, table: Table, values: dict[str, Any]) -> None:
        connection.execute(insert(table).values(workspace_id=self.workspace, **values))

    def _route(self, connection: Connection, mapping: str, values: dict[str, Any]) -> str:
        if mapping not in self.mapping_ids:
            self.mapping_ids[mapping] = new_id()
            row = {"id": self.mapping_ids[mapping], "name": mapping, "state": "active", "version_id": "v"}
            self._insert(connection, tables.mappings, {**row, "created_at": NOW, "updated_at": NOW})
        source, post, route = new_id(), new_id(), new_id()
        self._insert(connection, tables.sources, {
            "id": source, "name": "page", "kind": "feed", "identity": source, "settings": "{}", "every_s": 60,
            "created_at": NOW,
        })  # fmt: skip
        self._insert(connection, tables.posts, {
            "id": post, "source_id": source, "key": "k", "content_hash": "", "fingerprint": "", "document": "{}",
            "state": "routed", "seen_at": NOW, "changed_at": NOW,
        })  # fmt: skip
        self._insert(connection, tables.routes, {
            "id": route, "post_id": post, "mapping_id": self.mapping_ids[mapping], "version_id": "v", "node": "page",
            "state": "routed", "created_at": NOW, **values,
        })  # fmt: skip
        return route


@pytest.fixture
def rows(store: Store, workspace: str) -> Rows:
    """Give short ways to fill the workspace acme."""
    return Rows(store, workspace)
