"""Sources: rows with a time at which they are polled next. Ten thousand of them cost one query a tick.

A poll takes the source's lease and gives it back with what it found; whoever comes meanwhile gets nothing. A source
without a next time (no active mapping reads it) is not polled, nor is one whose workspace is paused.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select, text, update

from engine.graph import FirstRun
from engine.store import lanes
from engine.store.bulk import packed, rows_from
from engine.store.lanes import Lane
from engine.store.tables import Instant, accounts, mappings, source_joins, sources, stamp, workspaces
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, TextClause, TextualSelect

LIVE = "live"
FAILING = "failing"
HELD = "held"


class SourceRow(NamedTuple):
    """A source. `state` is live, failing (the last poll failed) or held (posts wait for a person)."""

    id: str
    workspace_id: str
    name: str
    kind: str
    settings: str
    account_id: str | None
    every_s: int
    next_poll_at: datetime | None
    polling_until: datetime | None
    cursor: str | None
    state: str
    note: str
    failures: int
    last_poll_at: datetime | None
    last_new_at: datetime | None

    @property
    def is_known(self) -> bool:
        """Tell whether it has been read before: only then is a post that we do not know a new one."""
        return self.last_poll_at is not None

    @property
    def is_read(self) -> bool:
        """Tell whether an active mapping reads it: what nobody reads any more is kept and not polled."""
        return self.next_poll_at is not None


class Take(NamedTuple):
    """A wish to poll a source: when, and until when it shall be ours."""

    source_id: str
    now: datetime
    until: datetime


class Join(NamedTuple):
    """A mapping's reading of a source; `version_id` is the mapping's current version."""

    workspace_id: str
    mapping_id: str
    version_id: str
    node: str
    source_id: str
    first_run: FirstRun


class Finish(NamedTuple):
    """How a poll ended. `lease` is the `polling_until` that was taken: with another one there, nothing is written.

    `read` tells that the source answered; only then do `cursor` and the time of the last poll move.
    """

    source_id: str
    lease: datetime
    at: datetime
    next_poll_at: datetime
    read: bool
    cursor: str | None = None
    failures: int = 0
    note: str = ""


_FIELDS = SourceRow._fields
_COLUMNS = tuple(sources.c[name] for name in _FIELDS)
_HERE = select(*_COLUMNS).where(sources.c.workspace_id == bindparam("workspace"))
_ONE = _HERE.where(sources.c.id == bindparam("id"))
# A source that is free has a lease in the past, never none: with a value of always the same length SQLite writes one
# page of the row, not all pages of its cursor.
FREE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FREE: Final = (
    "next_poll_at <= {now} AND (polling_until IS NULL OR polling_until <= {now})"
    " AND NOT EXISTS (SELECT 1 FROM pauses WHERE pauses.scope IN ('everything', 'workspace')"
    " AND pauses.workspace_id IN ('', sources.workspace_id))"
)
_GIVEN_BACK: Final = (
    f"polling_until = '{stamp(FREE)}',"
    # nobody reads it any more; or somebody has asked for it meanwhile
    " next_poll_at = CASE WHEN next_poll_at IS NULL OR next_poll_at > {at} THEN next_poll_at ELSE {next} END"
)
_NOTE: Final = (
    "CASE WHEN state = 'held' THEN"
    " trim('Posts are held until you look at them and run `chappe sources release ' || name || '`. ' || {note})"
    " ELSE {note} END"
)
_STATE: Final = "CASE WHEN state = 'held' THEN state ELSE '{state}' END"


def _statement(sql: str, *times: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=Instant) for name in times))


_DUE = _statement(f"SELECT id FROM sources WHERE {_FREE.format(now=':now')} ORDER BY next_poll_at LIMIT :most", "now")
_READ = _statement(
    f"UPDATE sources SET {_GIVEN_BACK.format(at=':at', next=':next')}, last_poll_at = :at, cursor = :cursor,"
    f" failures = 0, note = {_NOTE.format(note=':note')}, state = {_STATE.format(state='live')}"
    " WHERE id = :id AND polling_until = :lease",
    "at",
    "next",
    "lease",
)
_FAILED = _statement(
    f"UPDATE sources SET {_GIVEN_BACK.format(at=':at', next=':next')}, failures = :failures, note = :note,"
    f" state = {_STATE.format(state='failing')} WHERE id = :id AND polling_until = :lease",
    "at",
    "next",
    "lease",
)
_REMARK = _statement(
    "UPDATE sources SET last_new_at = :at, note = CASE WHEN :note = '' THEN note ELSE :note END,"
    " state = CASE WHEN :held THEN 'held' ELSE state END WHERE id = :id",
    "at",
)


@lru_cache
def _take(dialect: str) -> TextualSelect:
    given = rows_from({"id": "text", "now": "timestamptz", "until": "timestamptz"}, dialect)
    return text(
        f"UPDATE sources SET polling_until = g.until FROM ({given}) AS g"
        f" WHERE sources.id = g.id AND {_FREE.format(now='g.now')}"
        f" RETURNING {', '.join(f'sources.{name}' for name in _FIELDS)}"
    ).columns(*_COLUMNS)


@lru_cache
def _rest(dialect: str) -> TextClause:
    times = dict.fromkeys(("lease", "at", "next"), "timestamptz")
    given = rows_from({"id": "text", **times, "cursor": "text"}, dialect)
    return text(
        f"UPDATE sources SET {_GIVEN_BACK.format(at='g.at', next='g.next')}, last_poll_at = g.at, failures = 0,"
        " cursor = coalesce(g.cursor, sources.cursor),"
        f" note = CASE WHEN failures = 0 THEN note ELSE {_NOTE.format(note=_EMPTY)} END,"
        f" state = {_STATE.format(state='live')} FROM ({given}) AS g"
        " WHERE sources.id = g.id AND polling_until = g.lease RETURNING sources.id"
    )


def _lock(connection: Connection, given: str) -> None:
    """Lock in one order on PostgreSQL, so that two groups never wait for each other."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"rows": given})


_EMPTY: Final = "''"
_LOCK: Final = text(
    f"SELECT id FROM sources WHERE id IN (SELECT g.id FROM ({rows_from({'id': 'text'}, 'postgresql')}) AS g)"
    " ORDER BY id FOR UPDATE"
)


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the sources to poll now, longest waiting first."""
    return [row[0] for row in connection.execute(_DUE, {"now": now, "most": limit})]


def take(connection: Connection, wanted: Sequence[Take]) -> list[SourceRow | None]:
    """Claim due sources; None where one is not due, paused, or another poll has it."""
    given = packed(wanted)
    _lock(connection, given)
    rows = connection.execute(_take(connection.dialect.name), {"rows": given})
    taken = {row.id: SourceRow(*row) for row in rows}
    return [taken.get(one.source_id) for one in wanted]


def rest(connection: Connection, ends: Sequence[Finish]) -> list[bool]:
    """Give back sources that had nothing new; False where the lease was lost.

    What was to be said of one is still so. A cursor of None stays as it is.
    """
    given = packed((end.source_id, end.lease, end.at, end.next_poll_at, end.cursor) for end in ends)
    _lock(connection, given)
    rested = set(connection.execute(_rest(connection.dialect.name), {"rows": given}).scalars())
    return [end.source_id in rested for end in ends]


def turn(connection: Connection, items: Sequence[Take | Finish]) -> list[SourceRow | bool | None]:
    """Give back sources that had nothing new, then take others, in one transaction; answers are in order."""
    ends = [item for item in items if isinstance(item, Finish)]
    wanted = [item for item in items if isinstance(item, Take)]
    rested = iter(rest(connection, ends) if ends else ())
    taken = iter(take(connection, wanted) if wanted else ())
    return [next(taken) if isinstance(item, Take) else next(rested) for item in items]


def finish(connection: Connection, end: Finish) -> bool:
    """Give the source back; False, and nothing written, when the lease was lost meanwhile."""
    values = {
        "id": end.source_id,
        "lease": end.lease,
        "at": end.at,
        "next": end.next_poll_at,
        "note": end.note,
    }
    if end.read:
        done = connection.execute(_READ, values | {"cursor": end.cursor})
    else:
        done = connection.execute(_FAILED, values | {"failures": end.failures})
    return done.rowcount == 1


def remark(connection: Connection, source_id: str, at: datetime, *, note: str, held: bool) -> None:
    """Write down that posts were new, and what a person should know of it."""
    connection.execute(_REMARK, {"id": source_id, "at": at, "note": note, "held": held})


def poll_now(connection: Connection, source_id: str, now: datetime) -> bool:
    """Make a source due; False when nothing reads it."""
    statement = _statement("UPDATE sources SET next_poll_at = :now WHERE id = :id AND next_poll_at IS NOT NULL", "now")
    return connection.execute(statement, {"id": source_id, "now": now}).rowcount == 1


def set_hook(connection: Connection, source_id: str, sealed: str | None) -> None:
    """Give a source the secret of those who wake it, or none."""
    connection.execute(update(sources).where(sources.c.id == source_id).values(hook=sealed))


def hook_of(connection: Connection, workspace_id: str, source_id: str) -> str | None:
    """Return the sealed secret of those who wake a source."""
    mine = (sources.c.workspace_id == workspace_id, sources.c.id == source_id)
    return connection.scalar(select(sources.c.hook).where(*mine))


def poll_accounts_now(
    connection: Connection, workspace_id: str, platform: str, remote_ids: Sequence[str], now: datetime
) -> list[str]:
    """Make due what reads the accounts with these remote ids, and return those sources; what nobody reads rests."""
    mine = select(accounts.c.id).where(
        accounts.c.workspace_id == workspace_id,
        accounts.c.platform == platform,
        accounts.c.remote_id.in_(remote_ids),
    )
    read = (sources.c.workspace_id == workspace_id, sources.c.account_id.in_(mine), sources.c.next_poll_at.is_not(None))
    due = update(sources).where(*read).values(next_poll_at=now).returning(sources.c.id)
    return list(connection.scalars(due))


@no_snapshot
def listed(connection: Connection, workspace_id: str) -> list[SourceRow]:
    """Return the sources of a workspace by name."""
    statement = select(*_COLUMNS).where(sources.c.workspace_id == workspace_id).order_by(sources.c.name, sources.c.id)
    return [SourceRow(*row) for row in connection.execute(statement)]


@no_snapshot
def by_id(connection: Connection, workspace_id: str, source_id: str) -> SourceRow | None:
    """Return a source, None where there is none of this id."""
    row = connection.execute(_ONE, {"workspace": workspace_id, "id": source_id}).first()
    return SourceRow(*row) if row is not None else None


def joins(connection: Connection, source_id: str) -> list[Join]:
    """Return the active mappings that read a source."""
    statement = (
        select(
            source_joins.c.workspace_id,
            source_joins.c.mapping_id,
            mappings.c.version_id,
            source_joins.c.node,
            source_joins.c.source_id,
            source_joins.c.first_run,
        )
        .join(
            mappings,
            (mappings.c.id == source_joins.c.mapping_id) & (mappings.c.workspace_id == source_joins.c.workspace_id),
        )
        .where(source_joins.c.source_id == source_id, source_joins.c.active, mappings.c.version_id.is_not(None))
        .order_by(source_joins.c.mapping_id, source_joins.c.node)
    )
    return [Join(*row[:5], read_first_run(row[5])) for row in connection.execute(statement)]


def write_first_run(wish: FirstRun) -> str:
    """Write what a join keeps of `first_run`."""
    return json.dumps({"last": wish.last, "since": wish.since.isoformat() if wish.since else None})


def read_first_run(kept: str) -> FirstRun:
    """Read what `write_first_run` wrote; nothing where nothing was."""
    wish = json.loads(kept) if kept.startswith("{") else {}
    since = wish.get("since")
    return FirstRun(int(wish.get("last") or 0), datetime.fromisoformat(since).astimezone(UTC) if since else None)


def whose(connection: Connection, source: SourceRow) -> Lane:
    """Return the account that a source is read with, as far as reading needs it; without one, the workspace's key."""
    account = lanes.look(connection, source.account_id) if source.account_id else None
    if account is not None and account.workspace_id == source.workspace_id:
        return account
    data_key = connection.scalar(select(workspaces.c.data_key).where(workspaces.c.id == source.workspace_id))
    return Lane("", source.workspace_id, 0, "", source.kind, "{}", None, None, data_key or "")
