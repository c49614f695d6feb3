"""Deliveries and posts as people look through them: page by page, newest or oldest first, each page by an index.

A page goes on after the ordering key of the last row that was shown, so it costs the same however long the list is. The
key is a pair: by what the list is ordered, and the row's id. A list that is narrowed to an account or a mapping is
ordered by the post first, since that is how their rows are kept together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from engine.ids import earliest
from engine.model.delivery import State
from engine.store import deliveries, posts
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from engine.store.deliveries import DeliveryRow
    from engine.store.posts import PostRow


class After(NamedTuple):
    """The ordering key of a row: `by` is the post's id where the list is ordered by posts, else the row's own."""

    by: str
    id: str


START: Final = After("g", "g")
"""What stands above every id."""

OLDEST: Final = After("", "")
"""What stands below every id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing. `since` and `until` are of the time it was made.

    A `sink` is one of the mapping: it goes with `mapping_id`. `oldest` turns the order round.
    """

    states: tuple[str, ...] = ()
    account_id: str = ""
    mapping_id: str = ""
    post_id: str = ""
    source_id: str = ""
    sink: str = ""
    since: datetime | None = None
    until: datetime | None = None
    oldest: bool = False


_STATES: Final = tuple(state.value for state in State)
_POST_STATES: Final = (posts.NEW, posts.ROUTED, posts.SEEN, posts.HELD, posts.ECHO, posts.STALE, posts.DERIVED)


@no_snapshot
def delivery_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, DeliveryRow]]:
    """Return up to so many deliveries, newest first unless the oldest are wanted, each with its ordering key."""
    names = frozenset(name for name in ("account_id", "mapping_id", "post_id", "sink") if getattr(wanted, name))
    statement = _deliveries(names, len(wanted.states), oldest=wanted.oldest)
    given = _given(workspace_id, wanted, after, most) | _named(wanted.states if names else wanted.states or _STATES)
    rows = connection.execute(statement, given).all()
    return [(After(row[-1], row[0]), deliveries.seen(row)) for row in rows]


@no_snapshot
def post_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, PostRow]]:
    """Return up to so many posts, newest first unless the oldest are wanted, each with its ordering key."""
    names = frozenset(name for name in ("mapping_id", "source_id") if getattr(wanted, name))
    statement = _posts(names, len(wanted.states), oldest=wanted.oldest)
    given = _given(workspace_id, wanted, after, most) | _named(
        wanted.states if names else wanted.states or _POST_STATES
    )
    return [(After(row[-1], row[0]), posts.PostRow(*row[:-1])) for row in connection.execute(statement, given).all()]


def _named(states: Sequence[str]) -> dict[str, str]:
    return {f"state_{number}": state for number, state in enumerate(states)}


def _given(workspace_id: str, wanted: Wanted, after: After | None, most: int) -> dict[str, Any]:
    by, row = after or (OLDEST if wanted.oldest else START)
    return {
        "workspace": workspace_id, "account": wanted.account_id, "mapping": wanted.mapping_id, "post": wanted.post_id,
        "source": wanted.source_id, "sink": wanted.sink, "by": by, "id": row, "most": most,
        "since": earliest(wanted.since) if wanted.since else "",
        "until": earliest(wanted.until) if wanted.until else START.id,
    }  # fmt: skip


@lru_cache(maxsize=256)
def _deliveries(names: frozenset[str], states: int, *, oldest: bool) -> Select[Any]:
    """Find the keys by one index, and the rows by their keys: what is narrowed walks what it is narrowed to alone."""
    keys = _delivery_keys(names, states)
    return deliveries.keyed(text(_turned(keys) if oldest else keys), oldest=oldest)


def _delivery_keys(names: frozenset[str], states: int) -> str:
    parts = ["d.workspace_id = :workspace", "d.id >= :since", "d.id < :until"]
    if not names:
        head = "SELECT d.id AS by, d.id AS id FROM deliveries d WHERE "
        return _of_states(head + " AND ".join([*parts, "d.id < :id"]), "d", states or len(_STATES))
    if "account_id" in names:
        by, start = "d.post_id", "SELECT d.post_id AS by, d.id AS id FROM deliveries d WHERE d.account_id = :account"
        parts += ["d.mapping_id = :mapping"] if "mapping_id" in names else []
        parts += ["d.post_id = :post"] if "post_id" in names else []
    else:
        by = "r.post_id"
        start = (
            "SELECT r.post_id AS by, d.id AS id FROM routes r"
            " JOIN deliveries d ON d.workspace_id = r.workspace_id AND d.route_id = r.id"
            " WHERE r.workspace_id = :workspace"
        )
        parts += ["r.mapping_id = :mapping"] if "mapping_id" in names else []
        parts += ["r.post_id = :post"] if "post_id" in names else []
    parts += [f"{by} <= :by", f"({by} < :by OR d.id < :id)", *_among("d", states)]
    parts += ["d.sink = :sink"] if "sink" in names else []
    return f"{start} AND {' AND '.join(parts)} ORDER BY {by} DESC, d.id DESC LIMIT :most"


@lru_cache(maxsize=64)
def _posts(names: frozenset[str], states: int, *, oldest: bool) -> Select[Any]:
    keys = _post_keys(names, states)
    return posts.keyed(text(_turned(keys) if oldest else keys), oldest=oldest)


def _post_keys(names: frozenset[str], states: int) -> str:
    parts = ["p.workspace_id = :workspace", "p.id >= :since", "p.id < :until"]
    if not names:
        head = "SELECT p.id AS by, p.id AS id FROM posts p WHERE "
        return _of_states(head + " AND ".join([*parts, "p.id < :id"]), "p", states or len(_POST_STATES))
    parts += ["p.source_id = :source"] if "source_id" in names else []
    parts += _among("p", states)
    if "mapping_id" in names:
        start = (
            "SELECT DISTINCT r.post_id AS by, p.id AS id FROM routes r JOIN posts p ON p.id = r.post_id"
            " WHERE r.mapping_id = :mapping AND r.workspace_id = :workspace AND r.post_id < :id"
        )
        return f"{start} AND {' AND '.join(parts)} ORDER BY r.post_id DESC LIMIT :most"
    start = "SELECT p.id AS by, p.id AS id FROM posts p WHERE p.id < :id"
    return f"{start} AND {' AND '.join(parts)} ORDER BY p.id DESC LIMIT :most"


def _turned(keys: str) -> str:
    """Turn a query of keys round: the oldest first, and on with what comes after a key; indexes are read both ways."""
    return re.sub(r"<(=?) :(by|id)\b", r">\1 :\2", keys).replace(" DESC", " ASC")


def _of_states(query: str, alias: str, count: int) -> str:
    """Return the newest rows out of the newest of each state: an index has each state by itself."""
    each = (
        f"SELECT * FROM ({query} AND {alias}.state = :state_{number} ORDER BY {alias}.id DESC LIMIT :most) AS s{number}"
        for number in range(count)
    )
    return f"{' UNION ALL '.join(each)} ORDER BY 1 DESC LIMIT :most"


def _among(alias: str, count: int) -> list[str]:
    names = ", ".join(f":state_{number}" for number in range(count))
    return [f"{alias}.state IN ({names})"] if count else []
