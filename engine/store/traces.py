"""Traces: what happened to one post at each node, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, select

from engine.store import bulk, tables
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


class Trace(NamedTuple):
    """One sentence about a post; `what` is a word that programs may look for, `node` is empty before any mapping."""

    id: str
    workspace_id: str
    post_id: str
    what: str
    sentence: str
    at: datetime
    node: str = ""
    mapping_id: str | None = None
    delivery_id: str | None = None


def write(connection: Connection, rows: Iterable[Trace]) -> None:
    """Write many sentences by one statement."""
    bulk.insert(connection, tables.traces, Trace._fields, rows)


_OF_POST = (
    select(*(tables.traces.c[name] for name in Trace._fields))
    .where(tables.traces.c.workspace_id == bindparam("workspace"), tables.traces.c.post_id == bindparam("post"))
    .order_by(tables.traces.c.id)
)


@no_snapshot
def of_post(connection: Connection, workspace_id: str, post_id: str) -> list[Trace]:
    """Return all that is written about a post, oldest first."""
    return [Trace(*row) for row in connection.execute(_OF_POST, {"workspace": workspace_id, "post": post_id})]
