"""What a restored database may not believe: that what was unsent at the backup has not been sent since.

`reconcile` is run on the restored rows before any process works on them. What was planned is doubtful: where the sink
can be read back it is looked for, elsewhere a person looks. What waits or was blocked waits for somebody's yes. What
was on its way through a mapping stays there until a person resumes that mapping, and what a source shows at the first
reading is held (`engine.run.judge`). Everything is paused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, text

from engine.model.delivery import Move, Reason, State, after
from engine.model.reconciling import RESTORED
from engine.store import pauses
from engine.store.pauses import Scope
from engine.store.tables import Instant, mappings
from engine.store.workspaces import instance_value, set_instance_value

if TYPE_CHECKING:
    from sqlalchemy import Connection

RESTORED_AT: Final = "restored_at"
"""The value of the instance that says when it was restored."""

BACKUP_AT: Final = "backup_at"
"""The value of the instance that says of what time a backup is."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many deliveries are looked for or asked about, how many wait for a yes, and which mappings stay paused."""

    doubtful: int
    waiting: int
    mappings: tuple[str, ...]


def made_at(connection: Connection) -> datetime | None:
    """Return of what time a backup is."""
    return _time(instance_value(connection, BACKUP_AT))


def restored_at(connection: Connection) -> datetime | None:
    """Return when the instance was restored, None where it never was."""
    return _time(instance_value(connection, RESTORED_AT))


def mark(connection: Connection, now: datetime) -> None:
    """Say of what time a backup is, within it or just before it is made."""
    set_instance_value(connection, BACKUP_AT, now.isoformat())


def reconcile(connection: Connection, made: datetime, now: datetime) -> Reconciled:
    """Mark all that may have happened since the backup was made, and pause everything."""
    since = f"the backup of {made:%d %B %Y %H:%M} UTC"
    times = {"made": made, "now": now}
    doubtful = _doubt(connection, {**times, "detail": f"It may have gone out since {since}, which was restored."})
    waiting = _ask(connection, {**times, "detail": f"It may have gone out since {since}: look before you say yes."})
    _run(connection, _POSTS, {"reason": f"It was not routed yet at {since}: it may have been since."})
    _run(connection, _SOURCES, {"note": f"Posts that were new at {since} are held: look what went out since."})
    _run(connection, _MAILS, {"note": f"It may have been sent since {since}: it is not sent again."})
    _run(connection, _COMMENTS, {**times, "detail": f"It may have been written since {since}."})
    stopped = _pause_mappings(connection, since, now)
    pauses.pause(
        connection,
        "",
        Scope.EVERYTHING,
        reason=f"restored from {since}; look at what waits, then `chappe resume everything`",
        now=now,
    )
    set_instance_value(connection, RESTORED_AT, now.isoformat())
    return Reconciled(doubtful, waiting, stopped)


def _doubt(connection: Connection, values: dict[str, Any]) -> int:
    _run(connection, _NEVER_TRIED, values | {"outcome": RESTORED})
    _run(connection, "UPDATE deliveries SET attempt_id = id WHERE state = 'planned' AND attempt_id IS NULL", {})
    _run(connection, _TRIED, {"outcome": RESTORED})
    count = _run(connection, _DOUBT, values | {"state": after(State.PLANNED, Move.RESTORE)})
    _run(connection, _HURRY, values)
    return count


def _ask(connection: Connection, values: dict[str, Any]) -> int:
    return _run(connection, _ASK, values | {"state": after(State.BLOCKED, Move.ASK), "reason": Reason.APPROVAL})


def _pause_mappings(connection: Connection, since: str, now: datetime) -> tuple[str, ...]:
    """Pause each mapping through which something was on its way."""
    held = select(mappings.c.workspace_id, mappings.c.id, mappings.c.name).where(text(_ON_THEIR_WAY))
    found = connection.execute(held.order_by(mappings.c.name)).all()
    for row in found:
        reason = f"what it held at {since} may have gone out since"
        pauses.pause(connection, row.workspace_id, Scope.MAPPING, row.id, reason=reason, now=now)
    return tuple(row.name for row in found)


def _run(connection: Connection, sql: str, values: dict[str, Any]) -> int:
    times = [bindparam(name, type_=Instant) for name in ("made", "now") if f":{name}" in sql]
    needed = {name: value for name, value in values.items() if f":{name}" in sql}
    return connection.execute(text(sql).bindparams(*times), needed).rowcount


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


# An attempt of no content stands for what may have been sent: reading back looks from the backup on, and a send that
# follows is no resend of it.
_NEVER_TRIED: Final = (
    "INSERT INTO attempts (workspace_id, id, delivery_id, account_id, number, content_id, key, frozen_at, request_hash,"
    " fence, started_at, ended_at, outcome, detail) SELECT workspace_id, id, id, account_id, 0, '', id, :made, '', 0,"
    " :now, :now, :outcome, :detail FROM deliveries WHERE state = 'planned' AND attempt_id IS NULL"
)
_TRIED: Final = (
    "UPDATE attempts SET outcome = :outcome WHERE id IN"
    " (SELECT d.attempt_id FROM deliveries d WHERE d.state = 'planned')"
)
_DOUBT: Final = (
    "UPDATE deliveries SET state = :state, reason = '', detail = :detail, due_at = :now, updated_at = :now"
    " WHERE state = 'planned'"
)
_HURRY: Final = (
    "UPDATE lanes SET next_due_at = :now WHERE account_id IN"
    " (SELECT d.account_id FROM deliveries d WHERE d.state = 'doubtful')"
)
_ASK: Final = (
    "UPDATE deliveries SET state = :state, reason = :reason, detail = :detail, approved_at = NULL, updated_at = :now"
    " WHERE state IN ('waiting', 'blocked')"
)
_POSTS: Final = "UPDATE posts SET state = 'held', reason = :reason WHERE state = 'new'"
_SOURCES: Final = (
    "UPDATE sources SET state = 'held', note = :note WHERE EXISTS (SELECT 1 FROM posts p"
    " WHERE p.workspace_id = sources.workspace_id AND p.source_id = sources.id AND p.state = 'held')"
)
_COMMENTS: Final = (
    "UPDATE comments SET state = 'unknown', due_at = :now, started_at = :made, detail = :detail"
    " WHERE state IN ('wanted', 'trying')"
)
_MAILS: Final = "UPDATE mails SET state = 'given_up', note = :note WHERE state = 'waiting'"
_ON_THEIR_WAY: Final = (
    "EXISTS (SELECT 1 FROM holds h WHERE h.workspace_id = mappings.workspace_id AND h.mapping_id = mappings.id"
    " AND h.state = 'held') OR EXISTS (SELECT 1 FROM routes r WHERE r.workspace_id = mappings.workspace_id"
    " AND r.mapping_id = mappings.id AND r.state IN ('new', 'routing', 'stuck'))"
)
