"""What each node of each mapping holds, has open and has done lately: counted in indexes, never over all rows.

What is open is counted whatever its age, in the indexes of what is open; what has ended is counted back to a time, by
the ids, which begin with theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, text

from engine.ids import earliest
from engine.store.tables import Instant, traces

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class Count(NamedTuple):
    """How many there are of something at a node of a mapping."""

    mapping_id: str
    node: str
    what: str
    number: int


class Last(NamedTuple):
    """When something last happened at a node of a mapping."""

    mapping_id: str
    node: str
    at: datetime


class Published(NamedTuple):
    """How many posts a source has published since a time, and what it reads; `account` is empty where it needs none."""

    kind: str
    settings: str
    account: str
    since: datetime
    posts: int


def published(connection: Connection, workspace_id: str, since: datetime) -> list[Published]:
    """Return what the sources of a workspace have published since a time, or since they were made where that is later.

    A post that does not say when it was published counts by when it was seen. What we published ourselves, and what was
    made of other posts, does not count.
    """
    return [Published(*row) for row in connection.execute(_PUBLISHED, {"workspace": workspace_id, "since": since})]


def counts(connection: Connection, workspace_id: str, now: datetime, since: datetime) -> list[Count]:
    """Return the numbers of a workspace.

    `what` is held; due, planned (for later), waiting, sending, blocked, doubtful or check_needed; and since that time
    sent, rejected, expired, cancelled (of the deliveries made since then) and dropped (of the posts).
    """
    parameters = {"workspace": workspace_id, "now": now, "first": earliest(since)}
    return [Count(*row) for query in (_OPEN, _HELD, _ENDED, _DROPPED) for row in connection.execute(query, parameters)]


def last(connection: Connection, workspace_id: str, since: datetime) -> list[Last]:
    """Return when something was last told at each node, since a time."""
    return [Last(*row) for row in connection.execute(_LAST, {"workspace": workspace_id, "first": earliest(since)})]


_PUBLISHED = (
    text(
        "SELECT s.kind, s.settings, coalesce(a.name, '') AS account, s.created_at, count(p.id) AS posts FROM sources s"
        " LEFT JOIN accounts a ON a.workspace_id = s.workspace_id AND a.id = s.account_id"
        " LEFT JOIN posts p ON p.workspace_id = s.workspace_id AND p.source_id = s.id AND p.seen_at > :since"
        " AND coalesce(p.published_at, p.seen_at) > :since AND coalesce(p.published_at, p.seen_at) >= s.created_at"
        " AND p.state NOT IN ('echo', 'derived')"
        " WHERE s.workspace_id = :workspace AND s.last_poll_at IS NOT NULL AND s.next_poll_at IS NOT NULL"
        " GROUP BY s.id, s.kind, s.settings, a.name, s.created_at"
    )
    .bindparams(bindparam("since", type_=Instant))
    .columns(created_at=Instant)
)
_STATE = "CASE WHEN state = 'planned' AND due_at <= :now THEN 'due' ELSE state END"
# Word for word the conditions of the partial indexes: SQLite does not see that one follows from another.
_INDEXED = (
    "state IN ('planned', 'doubtful')",
    "state IN ('waiting', 'blocked', 'check_needed')",
    "state IN ('sending', 'doubtful', 'check_needed') AND state = 'sending'",
)
_OPEN = text(
    "SELECT mapping_id, sink, what, sum(number) FROM ("
    + " UNION ALL ".join(
        f"SELECT mapping_id, sink, {_STATE} AS what, count(*) AS number FROM deliveries"  # our own text
        f" WHERE workspace_id = :workspace AND {states} GROUP BY 1, 2, 3"
        for states in _INDEXED
    )
    + ") AS open GROUP BY mapping_id, sink, what"
).bindparams(bindparam("now", type_=Instant))
_HELD = text(
    "SELECT mapping_id, node, 'held', count(*) FROM holds WHERE workspace_id = :workspace AND state = 'held'"
    " GROUP BY mapping_id, node"
)
_ENDED = text(
    "SELECT mapping_id, sink, state, count(*) FROM deliveries WHERE id > :first AND workspace_id = :workspace"
    " AND state IN ('sent', 'rejected', 'expired', 'cancelled') GROUP BY mapping_id, sink, state"
)
_DROPPED = text(
    "SELECT mapping_id, node, 'dropped', count(*) FROM traces WHERE id > :first AND workspace_id = :workspace"
    " AND what = 'dropped' AND mapping_id IS NOT NULL GROUP BY mapping_id, node"
)
_LAST = text(
    "SELECT mapping_id, node, max(at) AS at FROM traces WHERE id > :first AND workspace_id = :workspace"
    " AND mapping_id IS NOT NULL GROUP BY mapping_id, node"
).columns(traces.c.mapping_id, traces.c.node, traces.c.at)
