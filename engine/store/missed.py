"""Posts that came in while their mapping was paused: they wait, and go on or end when it is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, select, text, update

from engine.ids import new_id
from engine.store import pauses, traces
from engine.store.pauses import Scope
from engine.store.posts import DERIVED
from engine.store.routes import NEW, ROUTED
from engine.store.tables import pauses as pause_rows
from engine.store.tables import posts, routes
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

RUN_ALL: Final = "run-all"
RUN_LAST: Final = "run-last"
SKIP: Final = "skip"
POLICIES: Final = (RUN_ALL, RUN_LAST, SKIP)

# Word for word the condition of the index of open routes: SQLite does not see that one follows from another.
_OPEN: Final = text("routes.state IN ('new', 'stuck', 'routing')")


class Missed(NamedTuple):
    """A post that waits for a mapping to be resumed, and the source by which it came."""

    route_id: str
    workspace_id: str
    post_id: str
    node: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Whether it was paused, and how many posts go on or end."""

    was_paused: bool
    go_on: int
    skipped: int


def listed(connection: Connection, workspace_id: str, mapping_id: str) -> list[Missed]:
    """Return what came in since a mapping was paused, oldest first; none where it is not paused.

    What the mapping asked for itself, by its `first_run`, was not missed.
    """
    paused = and_(
        pause_rows.c.workspace_id == routes.c.workspace_id,
        pause_rows.c.scope == Scope.MAPPING,
        pause_rows.c.key == routes.c.mapping_id,
        pause_rows.c.since <= routes.c.created_at,
    )
    query = (
        select(routes.c.id, routes.c.workspace_id, routes.c.post_id, routes.c.node)
        .join(posts, and_(posts.c.id == routes.c.post_id, posts.c.workspace_id == routes.c.workspace_id))
        .join(pause_rows, paused)
        .where(routes.c.workspace_id == workspace_id, routes.c.mapping_id == mapping_id, _OPEN, routes.c.state == NEW)
        .where(routes.c.first_run.is_(False), posts.c.state != DERIVED)
        .order_by(func.coalesce(posts.c.published_at, posts.c.seen_at), routes.c.id)
    )
    return [Missed(*row) for row in connection.execute(query)]


def skipped(missed: Sequence[Missed], policy: str) -> list[Missed]:
    """Return those that end: with run-last all but the newest of each source. Pure."""
    if policy == RUN_ALL:
        return []
    newest = {one.node: one.route_id for one in missed} if policy == RUN_LAST else {}
    return [one for one in missed if newest.get(one.node) != one.route_id]


def resume(
    connection: Connection, workspace_id: str, mapping_id: str, policy: str, by: str, now: datetime
) -> Resumed:  # each says something else
    """Let a mapping go on, and of what came in meanwhile what the policy says; the others end, with a trace each."""
    missed = listed(connection, workspace_id, mapping_id)
    ended = skipped(missed, policy)
    gone = [one for one in ended if _end(connection, one)]
    rest = "only the newest post of each source goes on" if policy == RUN_LAST else "none of them goes on"
    sentence = f"It came while the mapping was paused: {by} resumed that with --missed {policy}, so {rest}."
    traces.write(
        connection,
        [
            Trace(new_id(), one.workspace_id, one.post_id, "dropped", sentence, now, one.node, mapping_id)
            for one in gone
        ],
    )
    was = pauses.resume(connection, workspace_id, Scope.MAPPING, mapping_id, now=now)
    return Resumed(was, len(missed) - len(gone), len(gone))


def _end(connection: Connection, one: Missed) -> bool:
    """End a route that nobody has taken meanwhile: its one branch is dropped at the source."""
    mine = (routes.c.workspace_id == one.workspace_id, routes.c.id == one.route_id, routes.c.state == NEW)
    values = {"state": ROUTED, "branches": routes.c.branches + 1, "dropped": routes.c.dropped + 1}
    return connection.execute(update(routes).where(*mine).values(values)).rowcount > 0
