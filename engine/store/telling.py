"""What is read to tell a person what became of a post, and what waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, literal, null, or_, select, text, union_all

from engine.store.accounts import FIELDS, AccountRow
from engine.store.among import among, several
from engine.store.bulk import packed, rows_from
from engine.store.columns import Instant
from engine.store.consents import read_head
from engine.store.holds import HELD
from engine.store.posts import PostRow
from engine.store.routes import CANCELLED, ROUTED, ROUTING
from engine.store.tables import (
    accounts,
    consent_heads,
    deliveries,
    group_members,
    groups,
    holds,
    mappings,
    posts,
    routes,
    traces,
)
from engine.store.tables import attempts as tries
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, TextClause

    from engine.model.consent import Head


class Passage(NamedTuple):
    """A post's way through one mapping, as its route counts it; `made` are the deliveries that there are by now."""

    route_id: str
    mapping_id: str
    mapping: str
    version_id: str
    source: str
    state: str
    dropped: int
    held: int
    planned: int
    made: int


class Planning(NamedTuple):
    """How far a post is that goes to many: so many deliveries of those that the mapping will make."""

    mapping: str
    made: int
    of: int


class Unfinished(NamedTuple):
    """A post's way through one mapping that is not at its end: it is not walked yet, or so many of it are held."""

    post_id: str
    mapping_id: str
    state: str
    held: int


@dataclass(slots=True)
class Standing:
    """How far a post is: its source by name, deliveries by state, ways that go on, and posts that were made of it."""

    source: str = "?"
    deliveries: dict[str, int] = field(default_factory=dict)
    unfinished: list[Unfinished] = field(default_factory=list)
    digests: int = 0
    planning: dict[str, Planning] = field(default_factory=dict)


class Decision(NamedTuple):
    """A sentence about a delivery."""

    what: str
    sentence: str
    at: datetime
    node: str


class Past(NamedTuple):
    """What became of a delivery until now: its attempts as plain values, and what was decided, both oldest first."""

    attempts: list[dict[str, Any]]
    decisions: list[Decision]


class Stay(NamedTuple):
    """A post that waits at a node."""

    mapping: str
    node: str
    reason: str
    since: datetime
    until: datetime | None


class Queue(NamedTuple):
    """How many posts wait at a node, and when it is asked next."""

    mapping: str
    node: str
    posts: int
    until: datetime | None


_WIDTH: Final = len(FIELDS)

# A post leads to its deliveries by its routes: they have an index each, of few entries.
_OF_ROUTE = and_(deliveries.c.workspace_id == routes.c.workspace_id, deliveries.c.route_id == routes.c.id)


def at_address(connection: Connection, workspace_id: str, address: str) -> list[PostRow]:
    """Return the posts that stand at an address, there or here: at their source, or where we published them."""
    columns = [posts.c[name] for name in PostRow._fields]
    published = select(deliveries.c.post_id).where(
        deliveries.c.workspace_id == workspace_id, deliveries.c.url == address
    )
    here = and_(posts.c.workspace_id == workspace_id, or_(posts.c.permalink == address, posts.c.id.in_(published)))
    query = select(*columns).where(here).order_by(posts.c.id.desc())
    return [PostRow(*row) for row in connection.execute(query.limit(2))]


def passages(connection: Connection, workspace_id: str, post_id: str) -> list[Passage]:
    """Return the ways of a post, oldest first."""
    made = select(func.count()).select_from(deliveries).where(_OF_ROUTE).correlate(routes).scalar_subquery()
    query = (
        select(
            routes.c.id, routes.c.mapping_id, mappings.c.name, routes.c.version_id, routes.c.node, routes.c.state,
            routes.c.dropped, routes.c.held, routes.c.planned, made,
        )
        .join(mappings, and_(mappings.c.id == routes.c.mapping_id, mappings.c.workspace_id == routes.c.workspace_id))
        .where(routes.c.workspace_id == workspace_id, routes.c.post_id == post_id)
        .order_by(routes.c.id)
    )  # fmt: skip
    return [Passage(*tuple(row)) for row in connection.execute(query)]


def post_of_route(connection: Connection, workspace_id: str, route_id: str) -> str:
    """Return the post that a route is of; empty where it is not there."""
    mine = (routes.c.workspace_id == workspace_id, routes.c.id == route_id)
    return connection.execute(select(routes.c.post_id).where(*mine)).scalar() or ""


def stays(connection: Connection, workspace_id: str, post_id: str) -> list[Stay]:
    """Return where a post waits, oldest first."""
    columns = (mappings.c.name, holds.c.node, holds.c.reason, holds.c.since, holds.c.until)
    query = (
        select(*columns)
        .join(mappings, and_(mappings.c.id == holds.c.mapping_id, mappings.c.workspace_id == holds.c.workspace_id))
        .where(holds.c.workspace_id == workspace_id, holds.c.post_id == post_id, holds.c.state == HELD)
        .order_by(holds.c.id)
    )
    return [Stay(*row) for row in connection.execute(query)]


def queues(connection: Connection, workspace_id: str) -> list[Queue]:
    """Return the nodes at which posts wait."""
    columns = (mappings.c.name, holds.c.node, func.count(), func.min(holds.c.until, type_=holds.c.until.type))
    query = (
        select(*columns)
        .join(mappings, and_(mappings.c.id == holds.c.mapping_id, mappings.c.workspace_id == holds.c.workspace_id))
        .where(holds.c.workspace_id == workspace_id, holds.c.state == HELD)
        .group_by(mappings.c.name, holds.c.node)
        .order_by(mappings.c.name, holds.c.node)
    )
    return [Queue(*row) for row in connection.execute(query)]


@no_snapshot
def standing(connection: Connection, workspace_id: str, post_ids: Sequence[str]) -> dict[str, Standing]:
    """Return how far each of these posts is: one statement, however many they are."""
    found = {post_id: Standing() for post_id in post_ids}
    given = {"workspace": workspace_id, "rows": packed([post_id] for post_id in post_ids)}
    for post_id, what, name, state, number in connection.execute(_standing(connection.dialect.name), given).all():
        mine = found[post_id]
        if what == "source":
            mine.source = name
        elif what == "delivery":
            mine.deliveries[state] = number
        elif what == "way":
            mine.unfinished.append(Unfinished(post_id, name, state, number))
        elif what in {"made", "planned"}:
            known = mine.planning.get(state, Planning(name, 0, 0))
            mine.planning[state] = known._replace(made=number) if what == "made" else known._replace(of=number)
        else:
            mine.digests = number
    return found


@lru_cache
def _standing(dialect: str) -> TextClause:
    return text(
        f"WITH given AS ({rows_from({'id': 'text'}, dialect)})"
        " SELECT p.id, 'source', s.name, '', 0 FROM given g JOIN posts p ON p.id = g.id"
        " JOIN sources s ON s.id = p.source_id WHERE p.workspace_id = :workspace"
        " UNION ALL SELECT r.post_id, 'delivery', '', d.state, count(*) FROM given g"
        " JOIN routes r ON r.workspace_id = :workspace AND r.post_id = g.id"
        " JOIN deliveries d ON d.workspace_id = :workspace AND d.route_id = r.id GROUP BY r.post_id, d.state"
        " UNION ALL SELECT r.post_id, 'way', r.mapping_id, r.state, r.held FROM given g"
        " JOIN routes r ON r.workspace_id = :workspace AND r.post_id = g.id"
        f" WHERE r.state NOT IN ('{ROUTED}', '{CANCELLED}') OR r.held > 0"
        " UNION ALL SELECT r.post_id, 'planned', m.name, r.id, r.planned FROM given g"
        " JOIN routes r ON r.workspace_id = :workspace AND r.post_id = g.id"
        f" JOIN mappings m ON m.id = r.mapping_id WHERE r.state = '{ROUTING}'"
        " UNION ALL SELECT r.post_id, 'made', m.name, r.id, count(*) FROM given g"
        " JOIN routes r ON r.workspace_id = :workspace AND r.post_id = g.id"
        " JOIN mappings m ON m.id = r.mapping_id"
        " JOIN deliveries d ON d.workspace_id = :workspace AND d.route_id = r.id"
        f" WHERE r.state = '{ROUTING}' GROUP BY r.post_id, m.name, r.id"
        " UNION ALL SELECT o.parent_id, 'digests', '', '', count(DISTINCT o.post_id) FROM given g"
        " JOIN post_parents o ON o.workspace_id = :workspace AND o.parent_id = g.id GROUP BY o.parent_id"
    )


_HEADS = select(consent_heads.c.account_id, consent_heads.c.given, consent_heads.c.terms, consent_heads.c.seq).where(
    consent_heads.c.workspace_id == bindparam("workspace")
)
_OWNED = (
    select(*(accounts.c[name] for name in FIELDS), consent_heads.c.given, consent_heads.c.terms, consent_heads.c.seq)
    .outerjoin(
        consent_heads,
        and_(consent_heads.c.workspace_id == accounts.c.workspace_id, consent_heads.c.account_id == accounts.c.id),
    )
    .where(accounts.c.workspace_id == bindparam("workspace"), among(accounts.c.person_id, several("people")))
    .order_by(accounts.c.name)
)
_GROUPS = (
    select(group_members.c.person_id, groups.c.name)
    .join(groups, and_(group_members.c.workspace_id == groups.c.workspace_id, group_members.c.group_id == groups.c.id))
    .where(groups.c.workspace_id == bindparam("workspace"))
    .order_by(groups.c.name)
)


@no_snapshot
def heads(connection: Connection, workspace_id: str) -> dict[str, Head]:
    """Return the live consent of every account, by account; who never said anything is absent."""
    rows = connection.execute(_HEADS, {"workspace": workspace_id}).all()
    return {row.account_id: read_head(*row) for row in rows}


@no_snapshot
def owned(connection: Connection, workspace_id: str, person_ids: Sequence[str]) -> list[tuple[AccountRow, Head | None]]:
    """Return the accounts of some people by name, each with the last word on it, None where there never was one."""
    rows = connection.execute(_OWNED, {"workspace": workspace_id, "people": person_ids}).all()
    return [(AccountRow(*row[:_WIDTH]), _head(row[0], *row[_WIDTH:])) for row in rows]


def _head(account_id: str, given: bool | None, terms: str | None, seq: int | None) -> Head | None:  # noqa: FBT001  # a column
    return None if given is None or terms is None or seq is None else read_head(account_id, given, terms, seq)


@no_snapshot
def memberships(connection: Connection, workspace_id: str) -> dict[str, list[str]]:
    """Return the names of the groups that each person is in, by person."""
    found: dict[str, list[str]] = {}
    for person_id, name in connection.execute(_GROUPS, {"workspace": workspace_id}).all():
        found.setdefault(person_id, []).append(name)
    return found


_OF_TRY: Final = ("number", "started_at", "ended_at", "outcome", "detail", "key")
_OF_DELIVERY = and_(tries.c.workspace_id == bindparam("workspace"), tries.c.delivery_id == bindparam("delivery"))
# Tries and sentences by one question: what stands in a column differs, its type does not.
_PAST = union_all(
    select(
        tries.c.number.label("number"), tries.c.started_at, tries.c.ended_at, tries.c.outcome, tries.c.detail,
        tries.c.key, literal("").label("id"),
    ).where(_OF_DELIVERY),
    select(
        literal(0), traces.c.at, null().cast(Instant), traces.c.what, traces.c.sentence, traces.c.node, traces.c.id
    ).where(
        traces.c.workspace_id == bindparam("workspace"), traces.c.post_id == bindparam("post"),
        traces.c.delivery_id == bindparam("delivery"),
    ),
).order_by("id", "number")  # fmt: skip


@no_snapshot
def past(connection: Connection, workspace_id: str, post_id: str, delivery_id: str) -> Past:
    """Return what became of a delivery until now."""
    found = Past([], [])
    given = {"workspace": workspace_id, "post": post_id, "delivery": delivery_id}
    for *values, _ in connection.execute(_PAST, given).all():
        if values[0]:  # no try has the number 0
            found.attempts.append(dict(zip(_OF_TRY, values, strict=True)))
        else:
            _, at, _, what, sentence, node = values
            found.decisions.append(Decision(what, sentence, at, node))
    return found


def attempts(connection: Connection, workspace_id: str, post_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the attempts of all deliveries of a post as plain values, oldest first, by delivery."""
    of = and_(tries.c.workspace_id == deliveries.c.workspace_id, tries.c.delivery_id == deliveries.c.id)
    columns = (deliveries.c.id, *(tries.c[name] for name in _OF_TRY))
    query = select(*columns).select_from(routes).join(deliveries, _OF_ROUTE).join(tries, of)
    mine = and_(routes.c.workspace_id == workspace_id, routes.c.post_id == post_id)
    found: dict[str, list[dict[str, Any]]] = {}
    for delivery_id, *values in connection.execute(query.where(mine).order_by(tries.c.number)):
        found.setdefault(delivery_id, []).append(dict(zip(_OF_TRY, values, strict=True)))
    return found
