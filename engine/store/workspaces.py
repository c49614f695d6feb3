"""Workspaces, each with its sealed data key, and the few values that belong to the whole instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from engine.errors import ConflictError, NotFoundError
from engine.store.bulk import insert
from engine.store.tables import audit, instance, memberships, metadata, workspaces

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Select


@dataclass(frozen=True, slots=True)
class Workspace:
    """A company, or a client of an agency; `data_key` is sealed by the key file and seals what belongs to it.

    From `suspended_at` on nothing of it is polled or sent, and only the instance's administrators reach it.
    """

    id: str
    name: str
    data_key: str
    created_at: datetime
    suspended_at: datetime | None = None


def create(connection: Connection, workspace: Workspace) -> None:
    """Keep a new workspace; raises ConflictError where its name is taken."""
    row = (workspace.id, workspace.name, workspace.data_key, workspace.created_at)
    tail = "ON CONFLICT (name) DO NOTHING RETURNING id"
    if insert(connection, workspaces, ("id", "name", "data_key", "created_at"), [row], tail=tail).first() is None:
        message = f"A workspace called {workspace.name} is there already: choose another name."
        raise ConflictError(message)


def get(connection: Connection, workspace_id: str) -> Workspace:
    """Return a workspace; raises NotFoundError."""
    return _one(connection, _ALL.where(workspaces.c.id == workspace_id), workspace_id)


def by_name(connection: Connection, name: str) -> Workspace:
    """Return a workspace; raises NotFoundError."""
    return _one(connection, _ALL.where(workspaces.c.name == name), name)


def listed(connection: Connection, *, after: str = "", most: int | None = None) -> list[Workspace]:
    """Return workspaces, oldest first: those after an id, so many at most."""
    query = _ALL.where(workspaces.c.id > after).order_by(workspaces.c.id).limit(most)
    return [Workspace(*row) for row in connection.execute(query)]


def of_user(connection: Connection, user_id: str, *, after: str = "", most: int | None = None) -> list[Workspace]:
    """Return the workspaces that a user is in, oldest first: those after an id, so many at most."""
    mine = _ALL.join(memberships, memberships.c.workspace_id == workspaces.c.id)
    query = mine.where(memberships.c.user_id == user_id, workspaces.c.id > after)
    return [Workspace(*row) for row in connection.execute(query.order_by(workspaces.c.id).limit(most))]


def rekey(connection: Connection, workspace_id: str, data_key: str) -> None:
    """Replace a sealed data key: the key file has changed, the key itself has not."""
    statement = workspaces.update().where(workspaces.c.id == workspace_id).values(data_key=data_key)
    connection.execute(statement)


def suspend(connection: Connection, workspace_id: str, at: datetime | None) -> None:
    """Suspend a workspace, or with None let it in again; the pause that stops its work is a row of its own."""
    connection.execute(workspaces.update().where(workspaces.c.id == workspace_id).values(suspended_at=at))


def remove(connection: Connection, workspace_id: str) -> None:
    """Delete a workspace and every row that belongs to it."""
    for table in reversed(metadata.sorted_tables):
        if table not in (workspaces, audit):
            connection.execute(delete(table).where(table.c.workspace_id == workspace_id))
    connection.execute(delete(workspaces).where(workspaces.c.id == workspace_id))
    connection.execute(delete(audit).where(audit.c.workspace_id == workspace_id))  # it stays while the workspace does


def instance_value(connection: Connection, key: str) -> str | None:
    """Return a value of the instance, None where it was never set."""
    return connection.scalar(select(instance.c.value).where(instance.c.key == key))


def set_instance_value(connection: Connection, key: str, value: str) -> None:
    """Set a value of the instance."""
    tail = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    insert(connection, instance, ("workspace_id", "key", "value"), [("", key, value)], tail=tail)


def take_instance_value(connection: Connection, key: str, value: str) -> bool:
    """Take a value of the instance away, and tell whether it was this one."""
    mine = (instance.c.workspace_id == "", instance.c.key == key, instance.c.value == value)
    return connection.execute(delete(instance).where(*mine)).rowcount > 0


_ALL = select(*(workspaces.c[name] for name in Workspace.__dataclass_fields__))


def _one(connection: Connection, query: Select[Any], asked: str) -> Workspace:
    row = connection.execute(query).first()
    if row is None:
        message = f"There is no workspace {asked}: `chappe init` makes one."
        raise NotFoundError(message)
    return Workspace(*row)
