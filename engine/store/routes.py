"""Routes: one post on its way through one mapping, from a source node. What is planned of it stands in its plan.

States: new (not walked yet; the mapping may be paused), stuck (this version of the mapping fails on it), routing (its
plan is not all deliveries yet: `cursor` says how far), routed, cancelled. The ledger counts ends: branches = dropped +
held + planned, where each account that the plan names is one, until it turns out that nothing is planned for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, select, text, update

from engine.store import bulk, contents, events, fanouts, holds, joins, posts, restoring, takings, traces
from engine.store.columns import stamp
from engine.store.fanouts import Reach
from engine.store.planning import Made, Way, lock_lanes, make
from engine.store.restoring import Doubt
from engine.store.tables import Instant, routes
from engine.store.tables import posts as post_rows
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Column, Connection, Select

    from engine.model.post import Content
    from engine.store.holds import HoldRow
    from engine.store.planning import Part
    from engine.store.traces import Trace

NEW: Final = "new"
STUCK: Final = "stuck"
ROUTING: Final = "routing"
ROUTED: Final = "routed"
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Leg:
    """One sink's part of a plan: for whom, in order, with which contents, and when.

    The contents are handed round over the accounts. `spread_s` staggers them from `released_at` on, `approval` is the
    sentence that asks for a yes, `distinct` the platform on which no two accounts may say the same, and `round` which
    publication of the post it is.
    """

    sink: str
    version_id: str
    accounts: tuple[str, ...]
    contents: tuple[str, ...]
    released_at: datetime
    max_age_s: int
    spread_s: float = 0.0
    approval: str = ""
    distinct: str = ""
    round: int = 0


class RouteRow(NamedTuple):
    """A route that is to be walked or planned, with the post and the mapping's name and current version.

    `first_run` says that the mapping asked for this post, which was there before it: its age does not count. What was
    made at a node of the mapping is `derived`, by the version `own_version`.
    """

    id: str
    workspace_id: str
    post_id: str
    mapping_id: str
    mapping: str
    version_id: str
    node: str
    state: str
    first_run: bool
    created_at: datetime
    document: str
    published_at: datetime | None
    seen_at: datetime
    derived: bool
    own_version: str


class Line(NamedTuple):
    """Posts of one source that have still to be routed, oldest first."""

    workspace_id: str
    source_id: str
    posts: list[str]


@dataclass(frozen=True, slots=True)
class Ends:
    """How the ledger of a route moves: ends that were added, or taken away when a hold ends."""

    dropped: int = 0
    held: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class Extension:
    """What a walk adds to a route: parts of the plan, ends, and all that must be written with them."""

    route_id: str
    workspace_id: str
    version_id: str | None
    legs: tuple[Leg, ...] = ()
    ends: Ends = field(default_factory=Ends)
    contents: tuple[tuple[str, Content], ...] = ()
    holds: tuple[HoldRow, ...] = ()
    traces: tuple[Trace, ...] = ()


def begin(connection: Connection, post_id: str, now: datetime, new_id: Callable[[], str]) -> list[RouteRow]:
    """Give a new post its routes, and return those to go on with: one for each mapping that read its source by then.

    A route of a paused mapping is made, and waits. A mapping that came later, while the post was held, has a route only
    where its `first_run` has asked for one.
    """
    post = posts.get(connection, post_id)
    if post is None:
        return []
    if post.state == posts.NEW:
        columns = ("workspace_id", "id", "post_id", "mapping_id", "version_id", "node", "state", "created_at")
        rows = (
            (join.workspace_id, new_id(), post_id, join.mapping_id, join.version_id, join.node, NEW, now)
            for join in joins.there_at(connection, post.source_id, post.seen_at)
        )
        bulk.insert(connection, routes, columns, rows, tail="ON CONFLICT (mapping_id, post_id, node) DO NOTHING")
        posts.mark(connection, [post_id], posts.ROUTED)
    return _open(connection, post_id)


class Plan(NamedTuple):
    """What a route has planned, and how much of it stands as deliveries; `text` is the plan as it is kept."""

    state: str
    cursor: int
    text: str
    legs: tuple[Leg, ...]

    def behind(self, count: int) -> Plan:
        """Return the plan after so many more accounts."""
        cursor = self.cursor + count
        return self._replace(cursor=cursor, state=ROUTED if cursor >= reach(self.legs) else self.state)


class Left(NamedTuple):
    """What was cancelled of a route: accounts for which nothing was made yet, and posts that it held."""

    unplanned: int
    held: int


def plan_of(connection: Connection, route_id: str) -> Plan | None:
    """Return the plan of a route."""
    query = select(routes.c.state, routes.c.cursor, routes.c.plan).where(routes.c.id == route_id)
    row = connection.execute(query).first()
    return Plan(*row, _read_legs(row.plan)) if row is not None else None


def extend(connection: Connection, more: Extension, parts: Sequence[Part], mapping: str, now: datetime) -> Made | None:
    """Write what a walk adds to a route, in one transaction with the deliveries in `parts`, if they are few.

    With `version_id` it is the first walk of a new route, and None is returned when another worker was first. A
    cancelled route takes nothing. Where the plan still has accounts to come, `advance` goes on.
    """
    lock_lanes(connection, parts)
    row = _locked(connection, more.route_id)
    if row is None or row.state == CANCELLED or (more.version_id is not None) != (row.state in {NEW, STUCK}):
        return None
    contents.add(connection, more.workspace_id, more.contents, now)
    holds.add(connection, more.holds)
    traces.write(connection, more.traces)
    wanted = reach(more.legs)
    at_once = bool(parts) and row.state != ROUTING
    way = Way(more.route_id, more.workspace_id, row.post_id, row.mapping_id, mapping)
    made = _made(connection, way, parts, row.doubt, now) if at_once else Made()
    missing = wanted - made.count if at_once else 0
    state = ROUTING if row.state == ROUTING or (wanted and not at_once) else ROUTED
    values = {
        "state": state,
        "cursor": routes.c.cursor + (wanted if at_once else 0),
        **_moved(more.ends, missing),
    }
    if more.legs:
        values["plan"] = _write_legs((*_read_legs(row.plan), *more.legs))
    if more.version_id is not None:
        values["version_id"] = more.version_id
    _write(connection, way, values, now)
    if wanted and not at_once:
        total = reach(_read_legs(row.plan)) + wanted
        fanouts.begin(connection, way, Reach(row.cursor, total), now)
    return made


def advance(connection: Connection, way: Way, plan: Plan, parts: Sequence[Part], now: datetime) -> Made | None:
    """Make the next deliveries of a plan and move the route's cursor behind them, in one transaction.

    None, and nothing is made, when the route has moved since `plan` was read: another worker, or a cancellation.
    """
    lock_lanes(connection, parts)
    after = plan.behind(sum(len(part.entries) for part in parts))
    row = _standing(connection, way.route_id, plan, whole=after.state == ROUTED)
    if row is None:
        return None
    made = _made(connection, way, parts, row, now)
    missing = after.cursor - plan.cursor - made.count
    values = {"cursor": after.cursor, "state": after.state, **_moved(Ends(), missing)}
    _write(connection, way, values, now)
    fanouts.went_on(connection, way, Reach(after.cursor, reach(plan.legs)), now)
    return made


def cancel(connection: Connection, route_id: str, reason: str, now: datetime) -> Left | None:
    """Plan nothing more of a route and drop what it holds; what is planned stays, for others to cancel.

    None when it has come to its end already and holds nothing.
    """
    held = holds.of_route(connection, route_id)
    row = _locked(connection, route_id)
    if row is None or (row.state in {ROUTED, CANCELLED} and not held):
        return None
    holds.end(connection, [(hold_id, holds.DROPPED, reason) for hold_id in held], now)
    total = reach(_read_legs(row.plan))
    left = Left(total - row.cursor, len(held))
    values = {"state": CANCELLED, **_moved(Ends(dropped=left.held, held=-left.held), left.unplanned)}
    connection.execute(update(routes).where(routes.c.id == route_id).values(values))
    fanouts.cancelled(connection, route_id, Reach(row.cursor, total), now)
    return left


def reach(legs: Iterable[Leg]) -> int:
    """Return for how many accounts a plan is."""
    return sum(len(leg.accounts) for leg in legs)


def set_aside(connection: Connection, failed: Sequence[RouteRow], told: Sequence[Trace]) -> None:
    """Put routes that the current version of their mapping fails on aside, until the mapping has another version."""
    for row in failed:
        mine = (routes.c.id == row.id, routes.c.state.in_([NEW, STUCK]))
        connection.execute(update(routes).where(*mine).values(state=STUCK, version_id=row.version_id))
    traces.write(connection, told)


def retry_stuck(connection: Connection) -> int:
    """Let routes that were put aside be tried once more: after an upgrade, the same version may do better."""
    return connection.execute(update(routes).where(routes.c.state == STUCK).values(state=NEW)).rowcount


def unfinished(connection: Connection, limit: int) -> list[str]:
    """Return posts with a route that is to be walked or planned, oldest first; those of a paused mapping wait."""
    return list(connection.execute(_UNFINISHED, {"most": limit}).scalars())


@no_snapshot
def line(connection: Connection, post_id: str, owner: str, now: datetime, limit: int) -> Line | None:
    """Return the line in which a post of a source stands, on PostgreSQL; paused mappings wait.

    None where the post is gone, or another process routes the posts of that source.
    """
    values = {"post": post_id, "owner": owner, "now": now, "most": limit}
    row = connection.execute(_LINE, values).first()
    return Line(row.workspace_id, row.source_id, list(row.posts)) if row is not None and not row.elsewhere else None


def take(connection: Connection, of: Line, owner: str, times: tuple[datetime, datetime]) -> bool:
    """Take the line of a source from now until a time, or keep it longer; tells whether it is the owner's."""
    return takings.take(connection, of.workspace_id, f"line:{of.source_id}", owner, times)


def give_back(connection: Connection, of: Line, owner: str) -> None:
    """Let other processes route what comes next of the source."""
    takings.give_back(connection, of.workspace_id, f"line:{of.source_id}", owner)


def _open(connection: Connection, post_id: str) -> list[RouteRow]:
    return [RouteRow(*row) for row in connection.execute(_OPEN, {"post": post_id})]


def _write(connection: Connection, way: Way, values: dict[str, Any], now: datetime) -> None:
    """Write what became of a route, and tell when it has come to its end."""
    changed = update(routes).where(routes.c.id == way.route_id).values(values).returning(routes.c.planned)
    planned = connection.execute(changed).scalar_one()
    if values["state"] == ROUTED:
        ids = {"mapping_id": way.mapping_id, "post_id": way.post_id}
        events.write(connection, [events.news(way.workspace_id, "post.routed", now, {"deliveries": planned}, **ids)])


def _made(connection: Connection, way: Way, parts: Sequence[Part], doubt: Doubt, now: datetime) -> Made:
    """Make deliveries; those of a post that may have gone out before the database was restored are doubtful."""
    made = make(connection, way, parts, now)
    if doubt.since is not None and made.count and any(part.round <= doubt.round for part in parts):
        restoring.doubt_new(connection, way, doubt, now)
    return made


def _standing(connection: Connection, route_id: str, plan: Plan, *, whole: bool) -> Doubt | None:
    """Hold a route that is where the plan says, else None; the text, which is long, is compared only if `whole`."""
    columns = (routes.c.state, routes.c.cursor, routes.c.plan)[: 3 if whole else 2]
    row = connection.execute(_holding(route_id, *columns)).first()
    if row is None or tuple(row[:-2]) != plan[: len(columns)]:
        return None
    return Doubt(*row[-2:])


class _Locked(NamedTuple):
    state: str
    cursor: int
    plan: str
    post_id: str
    mapping_id: str
    doubt: Doubt


def _locked(connection: Connection, route_id: str) -> _Locked | None:
    columns = [routes.c[name] for name in _Locked._fields[:-1]]
    row = connection.execute(_holding(route_id, *columns)).first()
    if row is None:
        return None
    state, cursor, plan, post_id, mapping_id, *doubt = row
    return _Locked(state, cursor, plan, post_id, mapping_id, Doubt(*doubt))


def _holding(route_id: str, *columns: Column[Any]) -> Select[Any]:
    """Lock a route, and read what is doubtful of its post besides."""
    post = and_(post_rows.c.id == routes.c.post_id, post_rows.c.workspace_id == routes.c.workspace_id)
    query = select(*columns, post_rows.c.doubt_since, post_rows.c.doubt_round).join(post_rows, post)
    return query.where(routes.c.id == route_id).with_for_update(of=routes)


def _moved(ends: Ends, missing: int) -> dict[str, Any]:
    """Move the ledger: `missing` are accounts of the plan for which nothing was made."""
    return {
        "dropped": routes.c.dropped + ends.dropped,
        "held": routes.c.held + ends.held,
        "planned": routes.c.planned + ends.planned - missing,
        "branches": routes.c.branches + ends.dropped + ends.held + ends.planned - missing,
    }


def _write_legs(legs: Iterable[Leg]) -> str:
    rows = [
        [leg.sink, leg.version_id, leg.accounts, leg.contents, stamp(leg.released_at), leg.max_age_s, leg.spread_s,
         leg.approval, leg.distinct, leg.round]
        for leg in legs
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _read_legs(plan: str) -> tuple[Leg, ...]:
    return tuple(
        Leg(sink, version, tuple(accounts), tuple(contents), datetime.fromisoformat(at).astimezone(UTC), *rest)
        for sink, version, accounts, contents, at, *rest in json.loads(plan)
    )


_RUNNING = (
    "NOT EXISTS (SELECT 1 FROM pauses p WHERE p.workspace_id IN ('', r.workspace_id)"
    " AND (p.scope IN ('everything', 'workspace') OR (p.scope = 'mapping' AND p.key = r.mapping_id)))"
)
_READY = "(r.state IN ('new', 'routing') OR (r.state = 'stuck' AND r.version_id <> m.version_id))"
_OPEN = text(
    "SELECT r.id, r.workspace_id, r.post_id, r.mapping_id, m.name, m.version_id, r.node, r.state, r.first_run,"
    " r.created_at, p.document, p.published_at, p.seen_at, p.state = 'derived', r.version_id AS own_version"
    " FROM routes r JOIN mappings m ON m.id = r.mapping_id AND m.workspace_id = r.workspace_id"
    " JOIN posts p ON p.id = r.post_id AND p.workspace_id = r.workspace_id"
    f" WHERE r.workspace_id = p.workspace_id AND r.post_id = :post AND {_READY}"
    f" AND m.version_id IS NOT NULL AND {_RUNNING} ORDER BY r.id"
).columns(created_at=Instant, published_at=Instant, seen_at=Instant)
_UNFINISHED = text(
    "SELECT r.post_id FROM routes r JOIN mappings m ON m.id = r.mapping_id AND m.workspace_id = r.workspace_id"
    f" WHERE r.state IN ('new', 'stuck', 'routing') AND {_READY} AND m.version_id IS NOT NULL AND {_RUNNING}"
    " GROUP BY r.post_id ORDER BY min(r.id) LIMIT :most"
)
_LINE = text(
    "SELECT p.workspace_id, p.source_id, EXISTS (SELECT FROM takings t WHERE t.workspace_id = p.workspace_id"
    " AND t.key = 'line:' || p.source_id AND t.owner <> :owner AND t.until > :now) AS elsewhere, ARRAY("
    "SELECT e.id FROM posts e WHERE e.workspace_id = p.workspace_id AND e.source_id = p.source_id AND e.state = 'new'"
    " UNION SELECT e.id FROM routes r JOIN posts e ON e.id = r.post_id AND e.workspace_id = r.workspace_id"
    " JOIN mappings m ON m.id = r.mapping_id AND m.workspace_id = r.workspace_id"
    " WHERE r.workspace_id = p.workspace_id AND e.source_id = p.source_id"
    " AND r.state IN ('new', 'stuck', 'routing') AND r.state <> 'stuck'"
    f" AND m.version_id IS NOT NULL AND {_RUNNING}"
    " ORDER BY 1 LIMIT :most) AS posts FROM posts p WHERE p.id = :post"
).bindparams(bindparam("now", type_=Instant))
