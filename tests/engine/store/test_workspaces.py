"""Workspaces are kept by name, and leave nothing behind; the instance has values of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.store import secrets, workspaces
from engine.store.tables import metadata, pauses, people
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store


async def test_a_workspace_is_found_by_id_and_by_name(store: Store, now: datetime) -> None:
    made = Workspace(new_id(), "acme", "sealed key", now)
    await store.write(workspaces.create, made)

    assert await store.read(workspaces.get, made.id) == made
    assert await store.read(workspaces.by_name, "acme") == made


async def test_a_name_is_taken_once(store: Store, workspace: str, now: datetime) -> None:
    with pytest.raises(ConflictError, match="A workspace called acme is there already"):
        await store.write(workspaces.create, Workspace(new_id(), "acme", "other key", now))

    assert [each.id for each in await store.read(workspaces.listed)] == [workspace]


async def test_a_missing_workspace_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="There is no workspace acme: `chappe init` makes one"):
        await store.read(workspaces.by_name, "acme")


async def test_workspaces_are_listed_oldest_first(store: Store, now: datetime) -> None:
    for number, name in enumerate(["zebra", "acme"]):
        await store.write(workspaces.create, Workspace(new_id(), name, "", now + timedelta(days=number)))

    assert [each.name for each in await store.read(workspaces.listed)] == ["zebra", "acme"]


async def test_a_data_key_can_be_sealed_anew(store: Store, workspace: str) -> None:
    await store.write(workspaces.rekey, workspace, "sealed again")

    assert (await store.read(workspaces.get, workspace)).data_key == "sealed again"


async def test_values_of_the_instance_are_set_and_replaced(store: Store) -> None:
    assert await store.read(workspaces.instance_value, "fingerprint") is None
    await store.write(workspaces.set_instance_value, "fingerprint", "one")
    await store.write(workspaces.set_instance_value, "fingerprint", "two")

    assert await store.read(workspaces.instance_value, "fingerprint") == "two"


async def test_a_removed_workspace_leaves_no_row_and_touches_no_other(
    store: Store, workspace: str, now: datetime
) -> None:
    other = Workspace(new_id(), "other", "", now)
    await store.write(workspaces.create, other)
    for owner in (workspace, other.id):
        await store.write(_fill, owner, now)
    before = await store.read(_counts, other.id)

    await store.write(workspaces.remove, workspace)

    assert set((await store.read(_counts, workspace)).values()) == {0}
    assert await store.read(_counts, other.id) == before
    assert [each.name for each in await store.read(workspaces.listed)] == ["other"]


def _fill(connection: Connection, owner: str, now: datetime) -> None:
    secrets.put(connection, owner, "token", "sealed", now)
    connection.execute(insert(people).values(workspace_id=owner, id=new_id(), name="Léa", created_at=now))
    connection.execute(insert(pauses).values(workspace_id=owner, scope="workspace", key=owner, since=now))


def _counts(connection: Connection, owner: str) -> dict[str, int]:
    tables = [table for table in metadata.sorted_tables if "workspace_id" in table.c]
    counts = {
        table.name: connection.scalar(select(func.count()).select_from(table).where(table.c.workspace_id == owner)) or 0
        for table in tables
    }
    assert len(counts) == len(metadata.tables) - 1
    return counts
