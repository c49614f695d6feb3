"""Buckets that a platform asked us to hold: a row per account, platform or workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from engine.store.tables import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_HOLD = text(
    "INSERT INTO budgets (workspace_id, scope, key, held_until, note) VALUES (:workspace, :scope, :key, :until, :note)"
    " ON CONFLICT (workspace_id, scope, key) DO UPDATE SET held_until = excluded.held_until, note = excluded.note"
    " WHERE budgets.held_until IS NULL OR budgets.held_until < excluded.held_until"
).bindparams(bindparam("until", type_=Instant))


def hold(connection: Connection, workspace_id: str, scope: str, key: str, until: datetime, note: str) -> None:
    """Hold a bucket until a time; a longer hold that is already there stays."""
    connection.execute(_HOLD, {"workspace": workspace_id, "scope": scope, "key": key, "until": until, "note": note})
