"""What a replay of a mapping reads: posts as they came and changed, and whom its sinks reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, select

from engine.store import consents
from engine.store.posts import NEW, ROUTED
from engine.store.tables import accounts, consent_heads, post_revisions, posts, routes

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
    rows = connection.execute(newest).all()
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


def _former(connection: Connection, post_ids: Sequence[str]) -> dict[str, list[Wording]]:
    """Return what posts said before, oldest first."""
    columns = (post_revisions.c.post_id, post_revisions.c.revision, post_revisions.c.document, post_revisions.c.at)
    query = select(*columns).where(post_revisions.c.post_id.in_(post_ids)).order_by(post_revisions.c.revision)
    found: dict[str, list[Wording]] = {}
    for row in connection.execute(query):
        found.setdefault(row.post_id, []).append(Wording(row.post_id, "", row.revision, row.document, row.at))
    return found
