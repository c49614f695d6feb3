"""Pause switches: rows that the claim, the poll and the route look at; setting one takes effect at the next look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, or_, select

from engine.store import events, lanes
from engine.store.bulk import insert
from engine.store.tables import pauses
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class Scope(StrEnum):
    """What a pause stops; its key is a platform's kind, an account's or a mapping's id, and for the widest two fixed.

    `everything` without a workspace stops the whole instance.
    """

    EVERYTHING = "everything"
    WORKSPACE = "workspace"
    PLATFORM = "platform"
    ACCOUNT = "account"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Pause:
    """A switch that is off; `workspace_id` is empty where it stops the whole instance."""

    workspace_id: str
    scope: str
    key: str
    since: datetime
    reason: str


def pause(
    connection: Connection, workspace_id: str, scope: Scope, key: str = "", *, reason: str = "", now: datetime
) -> None:
    """Stop something; what is stopped already keeps its time and takes the new reason."""
    columns = ("workspace_id", "scope", "key", "since", "reason")
    tail = "ON CONFLICT (workspace_id, scope, key) DO UPDATE SET reason = excluded.reason"
    own = _key(workspace_id, scope, key)
    insert(connection, pauses, columns, [(workspace_id, scope, own, now, reason)], tail=tail)
    said = {"scope": scope, "key": own, "detail": reason}
    events.write(connection, [events.news(workspace_id, "pause.set", now, said)])


def resume(connection: Connection, workspace_id: str, scope: Scope, key: str = "", *, now: datetime) -> bool:
    """Let something go on, and look at once at what waits; tells whether it was paused."""
    mine = (pauses.c.workspace_id == workspace_id, pauses.c.scope == scope)
    statement = delete(pauses).where(*mine, pauses.c.key == _key(workspace_id, scope, key))
    was = connection.execute(statement).rowcount > 0
    if was:
        lanes.wake_all(connection, workspace_id or None, now)
        said = {"scope": scope, "key": _key(workspace_id, scope, key)}
        events.write(connection, [events.news(workspace_id, "pause.lifted", now, said)])
    return was


@no_snapshot
def listed(connection: Connection, workspace_id: str) -> list[Pause]:
    """Return what is paused for a workspace, the pauses of the whole instance included, oldest first."""
    columns = (pauses.c.workspace_id, pauses.c.scope, pauses.c.key, pauses.c.since, pauses.c.reason)
    query = select(*columns).where(pauses.c.workspace_id.in_(["", workspace_id])).order_by(pauses.c.since)
    return [Pause(*row) for row in connection.execute(query)]


_PAUSED = select(pauses.c.scope, pauses.c.key).where(
    or_(pauses.c.workspace_id == "", pauses.c.workspace_id == bindparam("workspace"))
)


@no_snapshot
def paused(connection: Connection, workspace_id: str) -> frozenset[tuple[str, str]]:
    """Return what is paused for a workspace as (scope, key), for quick checks."""
    return frozenset((row.scope, row.key) for row in connection.execute(_PAUSED, {"workspace": workspace_id}))


def _key(workspace_id: str, scope: Scope, key: str) -> str:
    """Give the two widest scopes their one key."""
    return {Scope.EVERYTHING: "", Scope.WORKSPACE: workspace_id}.get(scope, key)
