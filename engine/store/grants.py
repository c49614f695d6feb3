"""Grants: the sealed right to use an account. A renewal replaces exactly the grant that it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from engine.errors import ConflictError
from engine.store.bulk import insert
from engine.store.tables import grants

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Grant:
    """A sealed grant; `version` counts from 1, `expires_at` is None where the platform names no end."""

    sealed: str
    version: int
    expires_at: datetime | None
    updated_at: datetime


def get(connection: Connection, workspace_id: str, account_id: str) -> Grant | None:
    """Return an account's grant, None where it has none."""
    query = select(*(grants.c[name] for name in Grant.__dataclass_fields__))
    row = connection.execute(
        query.where(grants.c.workspace_id == workspace_id, grants.c.account_id == account_id)
    ).first()
    return Grant(*row) if row is not None else None


def put(connection: Connection, workspace_id: str, account_id: str, grant: Grant) -> int:
    """Keep a grant in place of the one of `grant.version`, 0 where there was none; returns its own version.

    Raises ConflictError where another has been kept meanwhile: some platforms accept a refresh token once, and the
    grant that came first is the one that works.
    """
    values = {"sealed": grant.sealed, "expires_at": grant.expires_at, "updated_at": grant.updated_at}
    if grant.version == 0:
        row = {"workspace_id": workspace_id, "account_id": account_id, **values}
        tail = "ON CONFLICT (workspace_id, account_id) DO NOTHING RETURNING version"
        written = insert(connection, grants, tuple(row), [tuple(row.values())], tail=tail)
    else:
        mine = (grants.c.workspace_id == workspace_id, grants.c.account_id == account_id)
        replaced = update(grants).where(*mine, grants.c.version == grant.version)
        written = connection.execute(replaced.values(version=grant.version + 1, **values).returning(grants.c.version))
    version = written.scalar()
    if version is None:
        message = "The account's grant was replaced meanwhile: read it again."
        raise ConflictError(message)
    return int(version)
