"""Holds: posts that wait at a node of a mapping, each with the post as it came there.

States: held, released, dropped. `until` is when to ask the node again; nothing there means at once, NEVER that the
post is put aside: this version of the mapping fails on it. A post that goes on may stay, to go on again: `times` counts
how often it went, `last_at` is when it last did.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import TextClause, bindparam, select, text, update

from engine.store import bulk
from engine.store.bulk import packed, rows_from
from engine.store.tables import Instant, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

HELD: Final = "held"
RELEASED: Final = "released"
DROPPED: Final = "dropped"

WANTED: Final = "wanted"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
FARTHEST: Final = timedelta(days=31)
"""Each node is asked at least this often; what lies further ahead was written by a clock that was wrong."""


class HoldRow(NamedTuple):
    """A post that waits; `document` is the post as JSON, `version_id` the version that it came by.

    It came as the `round`-th publication of its post, and goes on as the one after those that went from here. Where its
    node asks a person, `verdict` is wanted, approved or rejected; `revision` counts how often its words were changed
    or decided about. `look` is what the node found when it last looked for it, as JSON.
    """

    id: str
    workspace_id: str
    route_id: str
    post_id: str
    mapping_id: str
    version_id: str
    node: str
    document: str
    reason: str
    since: datetime
    round: int = 0
    times: int = 0
    last_at: datetime | None = None
    verdict: str = ""
    note: str = ""
    decided_by: str = ""
    revision: int = 0
    look: str = ""


def key_of(mapping_id: str, node: str) -> str:
    """Return the key that wakes the release of a node."""
    return f"{mapping_id}:{node}"


def add(connection: Connection, rows: Iterable[HoldRow]) -> None:
    """Keep posts that wait; nobody has asked their nodes yet."""
    bulk.insert(connection, holds, (*HoldRow._fields, "state"), ((*row, HELD) for row in rows))


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the keys of nodes to ask now, the longest due first; those of a paused mapping wait."""
    parameters = {"now": now, "far": now + FARTHEST + timedelta(days=1), "never": NEVER, "most": limit}
    return list(connection.execute(_DUE, parameters).scalars())


class AtNode(NamedTuple):
    """What waits at a node of a mapping, oldest first, and the mapping's name and current version."""

    mapping: str
    version_id: str
    rows: list[HoldRow]


def at_node(connection: Connection, mapping_id: str, node: str, limit: int) -> AtNode | None:
    """Return what a node may be asked about; None where its mapping is paused or was removed."""
    found = connection.execute(_RUNNING, {"mapping": mapping_id}).first()
    if found is None:
        return None
    rows = waiting(connection, mapping_id, node, limit)
    if len(rows) == limit and rows[0].verdict:
        rows = list({row.id: row for row in (*_decided(connection, mapping_id, node), *rows)}.values())[:limit]
    return AtNode(found.name, found.version_id, rows)


def _decided(connection: Connection, mapping_id: str, node: str) -> list[HoldRow]:
    """Return what a person decided about: it goes first, however much has waited longer."""
    found = connection.execute(_DECIDED, {"mapping": mapping_id, "node": node})
    return [HoldRow(*row) for row in found]


def waiting(connection: Connection, mapping_id: str, node: str, limit: int) -> list[HoldRow]:
    """Return what waits at a node, oldest first."""
    columns = [holds.c[name] for name in HoldRow._fields]
    mine = (holds.c.mapping_id == mapping_id, holds.c.node == node, holds.c.state == HELD)
    return [
        HoldRow(*row) for row in connection.execute(select(*columns).where(*mine).order_by(holds.c.id).limit(limit))
    ]


def history(connection: Connection, mapping_id: str, node: str, count: int) -> tuple[datetime, ...]:
    """Return when a node last released posts, at most so many times, newest last."""
    if not count:
        return ()
    newest = select(holds.c.last_at).where(*_went(mapping_id, node)).order_by(holds.c.last_at.desc())
    return tuple(at for at in connection.execute(newest.limit(count)).scalars() if at is not None)[::-1]


def passed(connection: Connection, mapping_id: str, node: str, since: datetime, limit: int) -> list[HoldRow]:
    """Return what a node has let go since then, at most so many of the newest, newest last."""
    columns = [holds.c[name] for name in HoldRow._fields]
    newest = select(*columns).where(*_went(mapping_id, node), holds.c.last_at >= since)
    ordered = newest.order_by(holds.c.last_at.desc(), holds.c.id.desc()).limit(limit)
    return [HoldRow(*row) for row in connection.execute(ordered)][::-1]


def set_right(connection: Connection, mapping_id: str, node: str, now: datetime) -> None:
    """Take what happened at a node at a time that is still to come, by a clock that was wrong, for what happens now."""
    mine = (holds.c.mapping_id == mapping_id, holds.c.node == node)
    connection.execute(update(holds).where(*mine, holds.c.last_at > now).values(last_at=now))
    connection.execute(update(holds).where(*mine, holds.c.state == HELD, holds.c.since > now).values(since=now))


def _went(mapping_id: str, node: str) -> tuple[ColumnElement[bool], ...]:
    return (holds.c.mapping_id == mapping_id, holds.c.node == node, holds.c.last_at.is_not(None))


def of_route(connection: Connection, route_id: str) -> list[str]:
    """Return what a route holds, and keep others from ending it within this transaction."""
    mine = (holds.c.route_id == route_id, holds.c.state == HELD)
    return list(connection.execute(select(holds.c.id).where(*mine).order_by(holds.c.id).with_for_update()).scalars())


def lock(connection: Connection, hold_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return those of these holds that still wait; nobody else ends or decides about them meanwhile.

    With how often each has gone on, and its revision.
    """
    found = connection.execute(_lock(connection.dialect.name), {"rows": packed([one] for one in hold_ids)})
    return {row.id: (row.times, row.revision) for row in found}


def end(connection: Connection, ended: Sequence[tuple[str, str, str]], now: datetime) -> None:
    """End holds: (id, released or dropped, the sentence that says why); held has gone on, and stays."""
    if ended:
        connection.execute(_end(connection.dialect.name), {"rows": packed(ended), "now": now})


def wait(connection: Connection, hold_ids: Sequence[str], until: datetime | None, reason: str) -> None:
    """Ask again about these at a time; an empty reason leaves what they show.

    Those that have ended stay ended, and those about which a person has decided meanwhile are asked about at once.
    """
    if hold_ids:
        parameters = {"rows": packed([one] for one in hold_ids), "until": until, "reason": reason}
        connection.execute(_wait(connection.dialect.name, "AND verdict IN ('', 'wanted')"), parameters)


def put_aside(connection: Connection, hold_ids: Sequence[str], until: datetime, reason: str) -> None:
    """Ask again at a time about what failed, whatever a person decided about it."""
    parameters = {"rows": packed([one] for one in hold_ids), "until": until, "reason": reason}
    connection.execute(_wait(connection.dialect.name), parameters)


def retry_stuck(connection: Connection) -> int:
    """Ask once more about what was put aside: after an upgrade, the same version of a mapping may do better."""
    return connection.execute(update(holds).where(holds.c.until == NEVER).values(until=None)).rowcount


def _not_paused(workspace: str, mapping: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM pauses p WHERE p.workspace_id IN ('', {workspace})"
        f" AND (p.scope IN ('everything', 'workspace') OR (p.scope = 'mapping' AND p.key = {mapping})))"
    )


_RUNNING = text(
    "SELECT name, version_id FROM mappings WHERE id = :mapping AND version_id IS NOT NULL"
    f" AND {_not_paused('mappings.workspace_id', 'mappings.id')}"
)
# Three looks into the index of `until`: a condition with OR would read all that waits.
_DUE = text(
    "SELECT due.mapping_id || ':' || due.node AS due_key FROM ("
    "SELECT workspace_id, mapping_id, node, until AS at FROM holds WHERE state = 'held' AND until <= :now"
    " UNION ALL SELECT workspace_id, mapping_id, node, since AS at FROM holds WHERE state = 'held' AND until IS NULL"
    " UNION ALL SELECT workspace_id, mapping_id, node, until AS at FROM holds"
    " WHERE state = 'held' AND until > :far AND until < :never"
    f") AS due WHERE {_not_paused('due.workspace_id', 'due.mapping_id')}"
    " GROUP BY due.mapping_id, due.node ORDER BY min(due.at) LIMIT :most"
).bindparams(*(bindparam(name, type_=Instant) for name in ("now", "far", "never")))

_DECIDED = text(
    f"SELECT {', '.join(HoldRow._fields)} FROM holds WHERE mapping_id = :mapping AND node = :node"
    " AND state = 'held' AND verdict IN ('approved', 'rejected') ORDER BY id"
).columns(*(holds.c[name] for name in HoldRow._fields))

_GIVEN = {"id": "text"}


@lru_cache
def _lock(dialect: str) -> TextClause:
    given = f"SELECT g.id FROM ({rows_from(_GIVEN, dialect)}) AS g"
    locked = " FOR UPDATE" if dialect == "postgresql" else ""
    return text(f"SELECT id, times, revision FROM holds WHERE id IN ({given}) AND state = 'held' ORDER BY id{locked}")


@lru_cache
def _end(dialect: str) -> TextClause:
    given = rows_from({"id": "text", "state": "text", "reason": "text"}, dialect)
    return text(
        "UPDATE holds SET state = g.state, until = NULL,"
        " reason = CASE WHEN g.state = 'held' THEN holds.reason ELSE g.reason END,"
        " ended_at = CASE WHEN g.state = 'held' THEN NULL ELSE :now END,"
        " times = holds.times + CASE WHEN g.state = 'dropped' THEN 0 ELSE 1 END,"
        " last_at = CASE WHEN g.state = 'dropped' THEN holds.last_at ELSE :now END"
        f" FROM ({given}) AS g WHERE holds.id = g.id AND holds.state = 'held'"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _wait(dialect: str, only: str = "") -> TextClause:
    return text(
        "UPDATE holds SET until = :until, reason = CASE WHEN :reason = '' THEN reason ELSE :reason END"
        f" WHERE id IN (SELECT g.id FROM ({rows_from(_GIVEN, dialect)}) AS g) AND state = 'held' {only}"
    ).bindparams(bindparam("until", type_=Instant))
