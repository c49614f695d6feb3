"""The record of who changed what is only added to, whoever asks; it goes with its workspace or when it is too old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, text, update

from engine.ids import new_id
from engine.store import audit, workspaces
from engine.store.audit import Asked, Entry
from engine.store.tables import audit as rows
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Executable

    from engine.store.unit import Store


def _entry(workspace: str, at: datetime) -> Entry:
    return Entry(workspace, new_id(), at, "Ada", None, audit.CLI, "people add", "people", "Léa", "{}", "{}", "")


def _execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


async def test_rows_are_neither_changed_nor_deleted(store: Store, workspace: str, now: datetime) -> None:
    kept = _entry(workspace, now)
    for entry in (kept, _entry("", now)):
        await store.write(audit.write, entry)

    statements: list[Executable] = [update(rows).values(by="nobody"), delete(rows)]
    if store.dialect == "postgresql":
        statements.append(text("TRUNCATE audit"))
    for statement in statements:
        with pytest.raises(StoreError, match="audit log is"):
            await store.write(_execute, statement)

    assert await store.read(audit.listed, workspace, Asked(by="Ada", object="Léa", since=now)) == [kept]
    assert await store.read(audit.listed, workspace, Asked(until=now)) == []


async def test_what_is_too_old_goes_and_no_more(store: Store, workspace: str, now: datetime) -> None:
    old, young = _entry(workspace, now - timedelta(days=2)), _entry(workspace, now)
    for entry in (old, young):
        await store.write(audit.write, entry)

    gone = await store.write(audit.retire, now - timedelta(days=1), 10)

    assert gone == 1
    assert await store.read(audit.listed, workspace, Asked()) == [young]
    with pytest.raises(StoreError, match="audit log is kept"):
        await store.write(_execute, delete(rows))


async def test_a_workspace_that_is_deleted_takes_its_entries_along(store: Store, workspace: str, now: datetime) -> None:
    await store.write(audit.write, _entry(workspace, now))
    await store.write(workspaces.remove, workspace)
    last = _entry(workspace, now)
    await store.write(audit.write, last)  # the entry of the deletion itself

    assert await store.read(audit.listed, workspace, Asked()) == []
    assert [entry.id for entry in await store.read(audit.listed, "", Asked())] == [last.id]
