"""What a replay of a mapping reads: posts as they came and changed, and whom its sinks reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, or_, select

from engine.store import consents
from engine.store.holds import HELD
from engine.store.posts import NEW, ROUTED
from engine.store.tables import (
    Instant,
    accounts,
    consent_heads,
    deliveries,
    holds,
    mappings,
    post_revisions,
    posts,
    routes,
    traces,
)
from engine.store.tables import wordings as words_said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.consent import Head


class Wording(NamedTuple):
    """A post as it came (`revision` 1) or as it was changed, at a time; `document` is JSON."""

    post_id: str
    source_id: str
    revision: int
    document: str
    at: datetime


class Walked(NamedTuple):
    """When a mapping began to route a post from a node, and whether it was there before the mapping."""

    post_id: str
    node: str
    at: datetime
    first_run: bool


class Stood(NamedTuple):
    """A post at a node as it stood there at a time: whether it waited, and how often and when last it had gone on.

    `begun` is the node from which its route began.
    """

    post_id: str
    begun: str
    node: str
    document: str
    since: datetime
    round: int
    times: int
    last_at: datetime | None
    waits: bool


class Reach(NamedTuple):
    """An account by its name, and what its owner agreed to; a company's own needs nobody's consent."""

    name: str
    personal: bool
    head: Head | None

    def allows(self, mapping: str, now: datetime) -> bool:
        """Tell whether a mapping may publish there."""
        return not self.personal or (self.head is not None and self.head.allows(mapping, now))


def wordings(connection: Connection, source_ids: Sequence[str], since: datetime, most: int) -> list[Wording]:
    """Return the newest posts that sources gave since then, at most so many, with their former wordings, oldest first.

    What was there before anybody asked for it, what is ours and what was too old or is held back does not count.
    """
    columns = (posts.c.id, posts.c.source_id, posts.c.revision, posts.c.document, posts.c.changed_at, posts.c.seen_at)
    mine = (posts.c.source_id.in_(source_ids), posts.c.state.in_((NEW, ROUTED)), posts.c.seen_at >= since)
    newest = select(*columns).where(*mine).order_by(posts.c.seen_at.desc(), posts.c.id.desc()).limit(most)
    return _worded(connection, connection.execute(newest).all())


def changes(connection: Connection, post_ids: Sequence[str]) -> list[Wording]:
    """Return how posts were changed after they came, oldest first."""
    columns = (posts.c.id, posts.c.source_id, posts.c.revision, posts.c.document, posts.c.changed_at, posts.c.seen_at)
    rows = connection.execute(select(*columns).where(posts.c.id.in_(post_ids), posts.c.revision > 1)).all()
    return [one for one in _worded(connection, rows) if one.revision > 1]


def _worded(connection: Connection, rows: Sequence[Any]) -> list[Wording]:
    former = _former(connection, [row.id for row in rows if row.revision > 1])
    found = []
    for row in rows:
        newest_one = Wording(row.id, row.source_id, row.revision, row.document, row.changed_at)
        begun, *changed = [*(one._replace(source_id=row.source_id) for one in former.get(row.id, ())), newest_one]
        found += [begun._replace(at=row.seen_at), *changed]
    return sorted(found, key=lambda one: (one.at, one.post_id, one.revision))


def walked(connection: Connection, mapping_id: str, since: datetime) -> list[Walked]:
    """Return what a mapping has routed since then."""
    query = select(routes.c.post_id, routes.c.node, routes.c.created_at, routes.c.first_run)
    mine = (routes.c.mapping_id == mapping_id, routes.c.created_at >= since)
    return [Walked(*row) for row in connection.execute(query.where(*mine))]


def stood(connection: Connection, mapping_id: str, at: datetime, most: int) -> list[Stood]:
    """Return what waited at the nodes of a mapping at a time, oldest first, and the newest of what had gone on."""
    columns = (
        holds.c.post_id, routes.c.node.label("begun"), holds.c.node, holds.c.document, holds.c.since, holds.c.round,
        holds.c.times, holds.c.last_at,
    )  # fmt: skip
    of = and_(routes.c.id == holds.c.route_id, routes.c.workspace_id == holds.c.workspace_id)
    there = and_(holds.c.mapping_id == mapping_id, holds.c.since < at)
    here = select(*columns).join(routes, of).where(there)
    waited = here.where(or_(holds.c.state == HELD, holds.c.ended_at >= at)).order_by(holds.c.id)
    waits = [Stood(*row, waits=True) for row in connection.execute(waited)]
    ended = here.where(holds.c.state != HELD, holds.c.ended_at < at, holds.c.last_at < at)
    newest = ended.order_by(holds.c.last_at.desc(), holds.c.id.desc()).limit(most)
    gone = [Stood(*row, waits=False) for row in connection.execute(newest)][::-1]
    earlier = _went_before(connection, mapping_id, at, [one for one in waits if one.last_at and one.last_at >= at])
    return [*gone, *(_then(one, earlier.get((one.post_id, one.node)), at) for one in waits)]


def had(connection: Connection, post_ids: Sequence[str], at: datetime) -> list[tuple[str, str, int]]:
    """Return what was planned of these posts before a time: account, post and round."""
    query = select(deliveries.c.account_id, deliveries.c.post_id, deliveries.c.round)
    mine = (deliveries.c.post_id.in_(post_ids), deliveries.c.created_at < at)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.where(*mine))]


def said(connection: Connection, mapping_id: str, platforms: Sequence[str], at: datetime) -> list[tuple[str, str, str]]:
    """Return who said which words on platforms before a time, in a mapping's workspace: platform, words and account."""
    query = select(words_said.c.platform, words_said.c.words, words_said.c.account_id)
    here = select(mappings.c.workspace_id).where(mappings.c.id == mapping_id).scalar_subquery()
    place = (words_said.c.workspace_id == here, words_said.c.platform.in_(platforms), words_said.c.at < at)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.where(*place))]


def reach(connection: Connection, workspace_id: str) -> dict[str, Reach]:
    """Return the accounts of a workspace by their ids."""
    heads = consent_heads
    of = and_(heads.c.account_id == accounts.c.id, heads.c.workspace_id == accounts.c.workspace_id)
    query = (
        select(accounts.c.id, accounts.c.name, accounts.c.person_id, heads.c.given, heads.c.terms, heads.c.seq)
        .join(heads, of, isouter=True)
        .where(accounts.c.workspace_id == workspace_id)
    )
    found = {}
    for row in connection.execute(query):
        head = consents.read_head(row.id, row.given, row.terms, row.seq) if row.terms is not None else None
        found[row.id] = Reach(row.name, row.person_id is not None, head)
    return found


def _went_before(
    connection: Connection, mapping_id: str, at: datetime, some: Sequence[Stood]
) -> dict[tuple[str, str], tuple[int, datetime]]:
    """Count how often posts had gone on from nodes before a time, and when last: their rows say it of today."""
    query = select(traces.c.post_id, traces.c.node, func.count(), func.max(traces.c.at, type_=Instant))
    mine = (traces.c.mapping_id == mapping_id, traces.c.what == "released", traces.c.at < at)
    ids = traces.c.post_id.in_([one.post_id for one in some])
    rows = connection.execute(query.where(*mine, ids).group_by(traces.c.post_id, traces.c.node)) if some else ()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _then(one: Stood, earlier: tuple[int, datetime] | None, at: datetime) -> Stood:
    if one.last_at is None or one.last_at < at:
        return one
    times, last = earlier or (0, None)
    return one._replace(times=times, last_at=last)


def _former(connection: Connection, post_ids: Sequence[str]) -> dict[str, list[Wording]]:
    """Return what posts said before, oldest first."""
    columns = (post_revisions.c.post_id, post_revisions.c.revision, post_revisions.c.document, post_revisions.c.at)
    query = select(*columns).where(post_revisions.c.post_id.in_(post_ids)).order_by(post_revisions.c.revision)
    found: dict[str, list[Wording]] = {}
    for row in connection.execute(query):
        found.setdefault(row.post_id, []).append(Wording(row.post_id, "", row.revision, row.document, row.at))
    return found
