"""Deliveries and posts as people look through them: page by page, newest first, each page by an index.

A page goes on after the ordering key of the last row that was shown, so it costs the same however long the list is. The
key is a pair: by what the list is ordered, and the row's id. A list that is narrowed to an account or a mapping is
ordered by the post first, since that is how their rows are kept together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from engine.ids import earliest
from engine.store import deliveries, posts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.deliveries import DeliveryRow
    from engine.store.posts import PostRow


class After(NamedTuple):
    """The ordering key of a row: `by` is the post's id where the list is ordered by posts, else the row's own."""

    by: str
    id: str


START: Final = After("g", "g")
"""What stands above every id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing. `since` and `until` are of the time it was made.

    A `sink` is one of the mapping: it goes with `mapping_id`.
    """

    states: tuple[str, ...] = ()
    account_id: str = ""
    mapping_id: str = ""
    post_id: str = ""
    source_id: str = ""
    sink: str = ""
    since: datetime | None = None
    until: datetime | None = None


class _Shelf(NamedTuple):
    """Where the rows of some states are found: a partial index and its condition."""

    name: str
    condition: str


_OPEN: Final = _Shelf("ix_deliveries_open", "d.state IN ('waiting', 'blocked', 'check_needed')")
_DUE: Final = _Shelf("ix_deliveries_due", "d.state IN ('planned', 'doubtful')")
_OUT: Final = _Shelf("ix_deliveries_maybe_out", "d.state IN ('sending', 'doubtful', 'check_needed')")
_ENDED: Final = _Shelf("ix_deliveries_ended", "d.state IN ('rejected', 'expired', 'cancelled')")
_ALL: Final = _Shelf("ix_deliveries_list", "1 = 1")
_SHELVES: Final = {
    "waiting": _OPEN, "blocked": _OPEN, "check_needed": _OPEN, "planned": _DUE, "doubtful": _DUE, "sending": _OUT,
    "rejected": _ENDED, "expired": _ENDED, "cancelled": _ENDED,
}  # fmt: skip
"""Most deliveries were sent: those are found among all."""

_NEW: Final = _Shelf("ix_posts_state", "p.state IN ('new', 'held')")
_ASIDE: Final = _Shelf("ix_posts_aside", "p.state IN ('seen', 'echo', 'stale', 'derived')")
_POSTS: Final = _Shelf("ix_posts_list", "1 = 1")
_POST_SHELVES: Final = {
    "new": _NEW, "held": _NEW, "seen": _ASIDE, "echo": _ASIDE, "stale": _ASIDE, "derived": _ASIDE,
}  # fmt: skip


def delivery_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, DeliveryRow]]:
    """Return up to so many deliveries, newest first, each with its ordering key."""
    found = _found(connection, _delivery_queries(wanted, connection.dialect.name), workspace_id, wanted, after, most)
    rows = {row.id: row for row in deliveries.those(connection, workspace_id, [key.id for key in found])}
    return [(key, rows[key.id]) for key in found]


def post_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, PostRow]]:
    """Return up to so many posts, newest first, each with its ordering key."""
    found = _found(connection, _post_queries(wanted, connection.dialect.name), workspace_id, wanted, after, most)
    rows = {row.id: row for row in posts.those(connection, workspace_id, [key.id for key in found])}
    return [(key, rows[key.id]) for key in found]


def _found(
    connection: Connection,
    queries: Sequence[tuple[str, str]],
    workspace_id: str,
    wanted: Wanted,
    after: After | None,
    most: int,
) -> list[After]:
    """Return the keys that the queries find together; each is of one state, or of all."""
    by, row = after or START
    given: dict[str, Any] = {
        "workspace": workspace_id, "account": wanted.account_id, "mapping": wanted.mapping_id, "post": wanted.post_id,
        "source": wanted.source_id, "sink": wanted.sink, "by": by, "id": row, "most": most,
        "since": earliest(wanted.since) if wanted.since else "",
        "until": earliest(wanted.until) if wanted.until else START.id,
    }  # fmt: skip
    found: set[After] = set()
    for query, state in queries:
        statement = text(query)
        names = {name: given[name] for name in statement.compile().params if name in given}
        found |= {After(*pair) for pair in connection.execute(statement, names | ({"state": state} if state else {}))}
    return sorted(found, reverse=True)[:most]


def _delivery_queries(wanted: Wanted, dialect: str) -> list[tuple[str, str]]:
    narrowed = wanted.account_id or wanted.mapping_id or wanted.post_id
    queries = []
    for state in wanted.states or ("",):
        shelf = _ALL if narrowed else _SHELVES.get(state, _ALL)
        if wanted.account_id:
            start = "SELECT d.post_id, d.id FROM deliveries d WHERE d.account_id = :account AND d.post_id <= :by"
        elif wanted.mapping_id or wanted.post_id:
            start = (
                "SELECT r.post_id, d.id FROM routes r"
                " JOIN deliveries d ON d.workspace_id = r.workspace_id AND d.route_id = r.id WHERE r.post_id <= :by"
            )
        else:
            start = f"SELECT d.id, d.id FROM deliveries d {_by(shelf, dialect)}WHERE {shelf.condition} AND d.id < :id"
        by = "d.post_id" if wanted.account_id else "r.post_id" if narrowed else ""
        parts = [start, "d.workspace_id = :workspace", "d.id >= :since", "d.id < :until"]
        parts += [f"({by} < :by OR d.id < :id)"] if by else []
        parts += ["d.state = :state"] if state else []
        parts += [*_narrowing(wanted), *(["d.sink = :sink"] if wanted.sink else [])]
        order = f"{by} DESC, d.id DESC" if by else "d.id DESC"
        queries.append((f"{' AND '.join(parts)} ORDER BY {order} LIMIT :most", state))
    return queries


def _narrowing(wanted: Wanted) -> list[str]:
    if wanted.account_id:
        parts = ["d.mapping_id = :mapping"] if wanted.mapping_id else []
        return parts + (["d.post_id = :post"] if wanted.post_id else [])
    parts = ["r.mapping_id = :mapping"] if wanted.mapping_id else []
    if wanted.mapping_id or wanted.post_id:
        parts.append("r.workspace_id = :workspace")
    return parts + (["r.post_id = :post"] if wanted.post_id else [])


def _post_queries(wanted: Wanted, dialect: str) -> list[tuple[str, str]]:
    queries = []
    for state in wanted.states or ("",):
        narrowed = wanted.mapping_id or wanted.source_id
        shelf = _POSTS if narrowed else _POST_SHELVES.get(state, _POSTS)
        if wanted.mapping_id:
            start = (
                "SELECT DISTINCT r.post_id, p.id FROM routes r JOIN posts p ON p.id = r.post_id"
                " WHERE r.mapping_id = :mapping AND r.workspace_id = :workspace AND r.post_id < :id"
            )
            order = "r.post_id"
        else:
            hint = "" if wanted.source_id else _by(shelf, dialect)
            start = f"SELECT p.id, p.id FROM posts p {hint}WHERE {shelf.condition} AND p.id < :id"
            order = "p.id"
        parts = [start, "p.workspace_id = :workspace", "p.id >= :since", "p.id < :until"]
        parts += ["p.state = :state"] if state else []
        parts += ["p.source_id = :source"] if wanted.source_id else []
        queries.append((f"{' AND '.join(parts)} ORDER BY {order} DESC LIMIT :most", state))
    return queries


def _by(shelf: _Shelf, dialect: str) -> str:
    """Name the index to SQLite, which has no statistics to choose by; PostgreSQL has them."""
    return f"INDEXED BY {shelf.name} " if dialect == "sqlite" else ""
