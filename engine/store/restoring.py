"""What a restored database may not believe: that what was unsent at the backup has not been sent since.

`reconcile` is run on the restored rows before any process works on them. What was planned is doubtful: where the sink
can be read back it is looked for, elsewhere a person looks. What waits or was blocked waits for somebody's yes. What
was on its way through a mapping stays there until a person resumes that mapping, and what a source shows at the first
reading is held (`engine.run.judge`). Everything is paused.

Those posts may have gone out as well, so they are marked: the deliveries that a person lets become of them, by a
release or by resuming the mapping, are doubtful or wait for a yes in the same way. A node that lets a post go again
and again is believed from its next publication on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, select, text

from engine.model.delivery import Move, Reason, State, after
from engine.model.reconciling import RESTORED, RESTORED_ANEW
from engine.store import home, pauses
from engine.store.pauses import Scope
from engine.store.tables import Instant, mappings, sources
from engine.store.workspaces import instance_value, set_instance_value

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.planning import Way

RESTORED_AT: Final = "restored_at"
"""The value of the instance that says when it was restored."""

RESTORED_FROM: Final = "restored_from"
"""The value of the instance that says of what time the backup is that it was restored from."""

BACKUP_AT: Final = "backup_at"
"""The value of the instance that says of what time a backup is."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many deliveries are looked for or asked about, how many wait for a yes, and which mappings stay paused."""

    doubtful: int
    waiting: int
    mappings: tuple[str, ...]


class Doubt(NamedTuple):
    """What is doubtful of a post: that it went out since a time, up to its `round`-th publication; None for nothing."""

    since: datetime | None
    round: int


def made_at(connection: Connection) -> datetime | None:
    """Return of what time a backup is."""
    return _time(instance_value(connection, BACKUP_AT))


def known_until(connection: Connection) -> datetime | None:
    """Return the last time of which the rows tell: what they were read back from was made then, or a little later."""
    polled = connection.scalar(select(func.max(sources.c.last_poll_at)))
    return max((at for at in (made_at(connection), polled) if at is not None), default=None)


def restored_at(connection: Connection) -> datetime | None:
    """Return when the instance was restored, None where it never was."""
    return _time(instance_value(connection, RESTORED_AT))


def restored_from(connection: Connection) -> datetime | None:
    """Return of what time the backup is that the instance was restored from, None where it never was."""
    return _time(instance_value(connection, RESTORED_FROM))


def mark(connection: Connection, now: datetime) -> None:
    """Say of what time a backup is, within it or just before it is made."""
    set_instance_value(connection, BACKUP_AT, now.isoformat())


def reconcile(connection: Connection, made: datetime, now: datetime) -> Reconciled:
    """Mark all that may have happened since the backup was made, and pause everything."""
    since, times = _named(made), {"made": made, "now": now}
    doubtful = _doubt(connection, made, times)
    waiting = _ask(connection, made, times)
    _run(connection, _MARK, times)
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
    set_instance_value(connection, RESTORED_FROM, made.isoformat())
    home.settle(connection)
    return Reconciled(doubtful, waiting, stopped)


def doubt_new(connection: Connection, way: Way, doubt: Doubt, now: datetime) -> None:
    """Doubt the deliveries of a route that were made in this transaction, at `now`, of a post that is marked."""
    if doubt.since is not None:
        values = {"workspace": way.workspace_id, "route": way.route_id, "round": doubt.round}
        values |= {"made": doubt.since, "now": now}
        _doubt(connection, doubt.since, values, _NEW)
        _ask(connection, doubt.since, values, _NEW + _UNTRIED)


def _named(made: datetime) -> str:
    return f"the backup of {made:%d %B %Y %H:%M} UTC"


def _doubt(connection: Connection, made: datetime, values: dict[str, Any], which: str = "") -> int:
    values = values | {"detail": f"It may have gone out since {_named(made)}, which was restored."}
    values |= {"outcome": RESTORED_ANEW if which else RESTORED}
    _run(connection, _NEVER_TRIED + which, values)
    _run(connection, _OWN_TRY + which, values)
    _run(connection, _TRIED.format(which=which), values)
    count = _run(connection, _DOUBT + which, values | {"state": after(State.PLANNED, Move.RESTORE)})
    _run(connection, _HURRY, values)
    return count


def _ask(connection: Connection, made: datetime, values: dict[str, Any], which: str = "") -> int:
    values = values | {"detail": f"It may have gone out since {_named(made)}: look before you say yes."}
    return _run(connection, _ASK + which, values | {"state": after(State.BLOCKED, Move.ASK), "reason": Reason.APPROVAL})


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
_OWN_TRY: Final = "UPDATE deliveries SET attempt_id = id WHERE state = 'planned' AND attempt_id IS NULL"
_TRIED: Final = (
    "UPDATE attempts SET outcome = :outcome WHERE id IN"
    " (SELECT attempt_id FROM deliveries WHERE state = 'planned'{which})"
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
_UNTRIED: Final = " AND attempt_id IS NULL"
_NEW: Final = " AND workspace_id = :workspace AND route_id = :route AND updated_at = :now AND round <= :round"
"""What was made just now, of a route."""

_MARK: Final = (
    "UPDATE posts SET doubt_since = coalesce(doubt_since, :made), doubt_round = coalesce((SELECT max(h.round + h.times)"
    " FROM holds h WHERE h.workspace_id = posts.workspace_id AND h.post_id = posts.id AND h.state = 'held'), 0)"
    " WHERE state IN ('new', 'held') OR EXISTS (SELECT 1 FROM holds h WHERE h.workspace_id = posts.workspace_id"
    " AND h.post_id = posts.id AND h.state = 'held') OR EXISTS (SELECT 1 FROM routes r"
    " WHERE r.workspace_id = posts.workspace_id AND r.post_id = posts.id AND r.state IN ('new', 'routing', 'stuck'))"
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
