"""Posts: one row for each (source, key), with its revisions; and whether we published it ourselves.

States: new (to be routed), routed, seen (there before anybody asked for it), held (too many at once: a person releases
them), echo (ours), stale (too old when first seen), derived (made here of others: it has a route of its own alone).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, select, text, update

from engine.store import bulk
from engine.store.among import among, several
from engine.store.bulk import packed, rows_from
from engine.store.tables import Instant, deliveries, posts, routes
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, TextClause, TextualSelect

    from engine.store.sources import Join

NEW: Final = "new"
ROUTED: Final = "routed"
SEEN: Final = "seen"
HELD: Final = "held"
ECHO: Final = "echo"
STALE: Final = "stale"
DERIVED: Final = "derived"

REVISIONS_KEPT: Final = 20
FIRST_RUN_MOST: Final = 500


class PostRow(NamedTuple):
    """A post as it is kept; `document` is the newest revision as JSON."""

    id: str
    workspace_id: str
    source_id: str
    key: str
    revision: int
    content_hash: str
    fingerprint: str
    permalink: str | None
    document: str
    state: str
    reason: str
    published_at: datetime | None
    seen_at: datetime
    changed_at: datetime


class Incoming(NamedTuple):
    """A post that a source gave; `id` is the one it gets when it is not known."""

    id: str
    key: str
    content_hash: str
    fingerprint: str
    permalink: str | None
    document: str
    published_at: datetime | None


class Known(NamedTuple):
    """What is kept of a post that comes again."""

    id: str
    key: str
    revision: int
    content_hash: str


class Placed(NamedTuple):
    """A post that is not known yet, with the state that the guards gave it and why."""

    post: Incoming
    state: str
    reason: str


class Revised(NamedTuple):
    """A known post whose words have changed; `revision_id` names the row that keeps the former ones."""

    known: Known
    post: Incoming
    revision_id: str


_FIELDS = PostRow._fields
COLUMNS: Final = tuple(posts.c[name] for name in _FIELDS)
_THOSE = select(*COLUMNS).where(posts.c.workspace_id == bindparam("workspace"), among(posts.c.id, several("ids")))
_INSERTED = (
    "workspace_id", "id", "source_id", "key", "content_hash", "fingerprint", "permalink", "document", "state", "reason",
    "published_at", "seen_at", "changed_at",
)  # fmt: skip


def known(connection: Connection, source_id: str, keys: Iterable[str]) -> dict[str, Known]:
    """Return what is kept under these keys of a source, by key."""
    rows = connection.execute(
        _known(connection.dialect.name), {"source": source_id, "rows": packed([key] for key in keys)}
    )
    return {row.key: Known(*row) for row in rows}


def has_any(connection: Connection, source_id: str) -> bool:
    """Tell whether a source has ever given a post."""
    return connection.execute(select(posts.c.id).where(posts.c.source_id == source_id).limit(1)).first() is not None


def insert(
    connection: Connection, workspace_id: str, source_id: str, placed: Sequence[Placed], now: datetime
) -> set[str]:
    """Write posts that are not known; returns the ids that were written: none twice, whoever else writes."""
    rows = (
        (workspace_id, one.post.id, source_id, one.post.key, one.post.content_hash, one.post.fingerprint,
         one.post.permalink, one.post.document, one.state, one.reason, one.post.published_at, now, now)
        for one in placed
    )  # fmt: skip
    done = bulk.insert(connection, posts, _INSERTED, rows, tail="ON CONFLICT (source_id, key) DO NOTHING RETURNING id")
    return {row[0] for row in done} if done is not None else set()


def revise(connection: Connection, revised: Sequence[Revised], now: datetime) -> None:
    """Write changed posts, and keep what they were: the last revisions of each."""
    if not revised:
        return
    dialect = connection.dialect.name
    kept = packed([one.known.id, one.revision_id] for one in revised)
    connection.execute(_keep(dialect), {"rows": kept})
    changed = packed(
        [one.known.id, one.post.content_hash, one.post.fingerprint, one.post.permalink, one.post.document]
        for one in revised
    )
    connection.execute(_change(dialect), {"rows": changed, "now": now})
    connection.execute(_forget(dialect), {"rows": kept, "most": REVISIONS_KEPT})


def published_before(
    connection: Connection, workspace_id: str, candidates: Sequence[Incoming], since: datetime
) -> dict[str, str]:
    """Return which posts we published ourselves: the post's id, and where it stands as far as we know.

    A post is ours when its address or key is that of a delivery, or its words are those of one that went out, or may
    have gone out, since then.
    """
    if not candidates:
        return {}
    places = packed([one.id, place] for one in candidates for place in dict.fromkeys((one.permalink, one.key)) if place)
    words = packed([one.id, one.fingerprint] for one in candidates if one.fingerprint)
    parameters = {"workspace": workspace_id, "places": places, "rows": words, "since": since}
    found = connection.execute(_echoes(connection.dialect.name), parameters)
    return {post_id: place or "" for post_id, place in found}


def get(connection: Connection, post_id: str) -> PostRow | None:
    """Return a post."""
    row = connection.execute(select(*COLUMNS).where(posts.c.id == post_id)).first()
    return PostRow(*row) if row is not None else None


def wordings(connection: Connection, post_ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """Return the newest revision of posts as JSON, and since when it is so."""
    query = select(posts.c.id, posts.c.document, posts.c.changed_at).where(posts.c.id.in_(post_ids))
    return {row.id: (row.document, row.changed_at) for row in connection.execute(query)}


def newest(
    connection: Connection, workspace_id: str, *, source_id: str | None = None, limit: int = 50
) -> list[PostRow]:
    """Return posts as people look for them: the last seen first."""
    statement = select(*COLUMNS).where(posts.c.workspace_id == workspace_id)
    if source_id is not None:
        statement = statement.where(posts.c.source_id == source_id)
    ordered = statement.order_by(posts.c.seen_at.desc(), posts.c.id.desc()).limit(limit)
    return [PostRow(*row) for row in connection.execute(ordered)]


@no_snapshot
def those(connection: Connection, workspace_id: str, ids: Sequence[str]) -> list[PostRow]:
    """Return the posts of these ids, in any order."""
    return [PostRow(*row) for row in connection.execute(_THOSE, {"workspace": workspace_id, "ids": ids})]


def ending_in(connection: Connection, workspace_id: str, tail: str, limit: int = 5) -> list[PostRow]:
    """Return the posts whose id ends so: what a person types is the end of an id."""
    statement = select(*COLUMNS).where(
        posts.c.workspace_id == workspace_id, posts.c.id.endswith(tail.lower(), autoescape=True)
    )
    return [PostRow(*row) for row in connection.execute(statement.order_by(posts.c.id).limit(limit))]


def unrouted(connection: Connection, limit: int) -> list[str]:
    """Return posts that wait to be routed, oldest first."""
    statement = select(posts.c.id).where(posts.c.state == NEW).order_by(posts.c.id).limit(limit)
    return list(connection.execute(statement).scalars())


def mark(connection: Connection, post_ids: Sequence[str], state: str, reason: str = "") -> None:
    """Give posts a state, and the sentence that says why."""
    if post_ids:
        connection.execute(_mark(connection.dialect.name), {"rows": packed([one] for one in post_ids), "state": state,
                                                            "reason": reason})  # fmt: skip


def doubt(connection: Connection, post_ids: Iterable[str], since: datetime) -> None:
    """Say of posts that they may have gone out once from this time on, which a restored database does not know."""
    rows = packed([one] for one in post_ids)
    connection.execute(_doubt(connection.dialect.name), {"rows": rows, "since": since})


def settle_held(connection: Connection, source_id: str, state: str, reason: str) -> list[str]:
    """End the hold of a source's posts: new (routed next) or seen (never routed). Returns their ids, oldest first."""
    statement = (
        update(posts)
        .where(posts.c.source_id == source_id, posts.c.state == HELD)
        .values(state=state, reason=reason)
        .returning(posts.c.id)
    )
    return sorted(connection.execute(statement).scalars())


def held_count(connection: Connection, source_id: str) -> int:
    """Count the posts of a source that wait for a person."""
    statement = select(func.count()).where(posts.c.source_id == source_id, posts.c.state == HELD)
    return int(connection.execute(statement).scalar_one())


def for_first_run(connection: Connection, join: Join) -> list[str]:
    """Return what a mapping that joins a source asks of what is there, by its `first_run`; oldest first."""
    wish = join.first_run
    if not wish.last and wish.since is None:
        return []
    at = func.coalesce(posts.c.published_at, posts.c.seen_at)
    statement = select(posts.c.id).where(
        posts.c.source_id == join.source_id, posts.c.state.not_in((ECHO, HELD, DERIVED))
    )
    if wish.since is not None:
        statement = statement.where(at >= wish.since)
    ordered = statement.order_by(at.desc(), posts.c.id.desc()).limit(wish.last or FIRST_RUN_MOST)
    return list(connection.execute(ordered).scalars())[::-1]


def open_routes(
    connection: Connection, join: Join, post_ids: Sequence[str], now: datetime, new_id: Callable[[], str]
) -> None:
    """Let one mapping have posts that were there before it, however old: their routes for this mapping alone.

    A post that waits to be routed goes on waiting: its other mappings get it then.
    """
    columns = ("workspace_id", "id", "post_id", "mapping_id", "version_id", "node", "state", "first_run", "created_at")
    rows = (
        (join.workspace_id, new_id(), post_id, join.mapping_id, join.version_id, join.node, "new", True, now)
        for post_id in post_ids
    )
    bulk.insert(connection, routes, columns, rows, tail="ON CONFLICT (mapping_id, post_id, node) DO NOTHING")
    if post_ids:
        connection.execute(_routed(connection.dialect.name), {"rows": packed([one] for one in post_ids)})


@lru_cache
def _routed(dialect: str) -> TextClause:
    given = rows_from({"id": "text"}, dialect)
    return text(
        "UPDATE posts SET state = 'routed', reason = '' WHERE state IN ('seen', 'stale')"
        f" AND id IN (SELECT g.id FROM ({given}) AS g)"
    )


@lru_cache
def _known(dialect: str) -> TextClause:
    given = rows_from({"key": "text"}, dialect)
    return text(
        "SELECT p.id, p.key, p.revision, p.content_hash"
        f" FROM ({given}) AS g JOIN posts p ON p.source_id = :source AND p.key = g.key"
    )


@lru_cache
def _keep(dialect: str) -> TextClause:
    given = rows_from({"id": "text", "revision_id": "text"}, dialect)
    return text(
        "INSERT INTO post_revisions (workspace_id, id, post_id, revision, document, content_hash, at)"
        " SELECT p.workspace_id, g.revision_id, p.id, p.revision, p.document, p.content_hash, p.changed_at"
        f" FROM ({given}) AS g JOIN posts p ON p.id = g.id WHERE true"
        " ON CONFLICT (post_id, revision) DO NOTHING"
    )


@lru_cache
def _change(dialect: str) -> TextClause:
    names = ("id", "content_hash", "fingerprint", "permalink", "document")
    given = rows_from(dict.fromkeys(names, "text"), dialect)
    return text(
        "UPDATE posts SET revision = revision + 1, changed_at = :now, content_hash = g.content_hash,"
        " fingerprint = g.fingerprint, permalink = g.permalink, document = g.document"
        f" FROM ({given}) AS g WHERE posts.id = g.id"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _forget(dialect: str) -> TextClause:
    given = rows_from({"id": "text", "revision_id": "text"}, dialect)
    return text(
        f"DELETE FROM post_revisions WHERE post_id IN (SELECT g.id FROM ({given}) AS g)"
        " AND revision < (SELECT p.revision FROM posts p WHERE p.id = post_revisions.post_id) - :most"
    )


@lru_cache
def _mark(dialect: str) -> TextClause:
    given = rows_from({"id": "text"}, dialect)
    return text(f"UPDATE posts SET state = :state, reason = :reason WHERE id IN (SELECT g.id FROM ({given}) AS g)")


@lru_cache
def _doubt(dialect: str) -> TextClause:
    given = rows_from({"id": "text"}, dialect)
    said = text(f"UPDATE posts SET doubt_since = :since WHERE id IN (SELECT g.id FROM ({given}) AS g)")
    return said.bindparams(bindparam("since", type_=Instant))


@lru_cache
def _echoes(dialect: str) -> TextualSelect:
    places = rows_from({"id": "text", "place": "text"}, dialect).replace(":rows", ":places")
    words = rows_from({"id": "text", "words": "text"}, dialect)
    return (
        text(
            f"SELECT g.id, coalesce(d.url, d.remote_id) FROM ({places}) AS g"
            " JOIN deliveries d ON d.workspace_id = :workspace AND d.url = g.place"
            f" UNION ALL SELECT g.id, coalesce(d.url, d.remote_id) FROM ({places}) AS g"
            " JOIN deliveries d ON d.workspace_id = :workspace AND d.remote_id = g.place"
            f" UNION ALL SELECT g.id, coalesce(d.url, d.remote_id) FROM ({words}) AS g"
            " JOIN contents c ON c.workspace_id = :workspace AND c.fingerprint = g.words"
            " JOIN deliveries d ON d.content_id = c.id AND d.state IN ('sending', 'doubtful', 'check_needed', 'sent')"
            " AND coalesce(d.sent_at, d.updated_at) > :since"
        )
        .bindparams(bindparam("since", type_=Instant))
        .columns(posts.c.id, deliveries.c.url)
    )
