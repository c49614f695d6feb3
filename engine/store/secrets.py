"""The named secrets of a workspace, as sealed text: this room never sees what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from engine.errors import NotFoundError
from engine.ids import new_id
from engine.store.bulk import insert
from engine.store.tables import secrets

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def put(connection: Connection, workspace_id: str, name: str, sealed: str, now: datetime) -> None:
    """Keep a sealed secret under a name, in place of what was kept before."""
    columns = ("workspace_id", "id", "name", "sealed", "updated_at")
    tail = "ON CONFLICT (workspace_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at"
    insert(connection, secrets, columns, [(workspace_id, new_id(), name, sealed, now)], tail=tail)


def get(connection: Connection, workspace_id: str, name: str) -> str | None:
    """Return the sealed text of a secret, None where it is not set."""
    query = select(secrets.c.sealed).where(secrets.c.workspace_id == workspace_id, secrets.c.name == name)
    return connection.scalar(query)


def listed(connection: Connection, workspace_id: str) -> dict[str, datetime]:
    """Return the names of the secrets with the time when each was last set."""
    query = select(secrets.c.name, secrets.c.updated_at).where(secrets.c.workspace_id == workspace_id)
    return {row.name: row.updated_at for row in connection.execute(query.order_by(secrets.c.name))}


def remove(connection: Connection, workspace_id: str, name: str) -> None:
    """Delete a secret; raises NotFoundError where it is not set."""
    statement = delete(secrets).where(secrets.c.workspace_id == workspace_id, secrets.c.name == name)
    if connection.execute(statement).rowcount == 0:
        message = f"The secret {name} is not set in this workspace."
        raise NotFoundError(message)
