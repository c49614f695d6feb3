"""Deliveries and posts as people look through them: page by page, newest or oldest first, each page by an index.

A page goes on after the ordering key of the last row that was shown, so it costs the same however long the list is. The
key is a pair: by what the list is ordered, and the row's id. A list that is narrowed to an account or a mapping is
ordered by the post first, since that is how their rows are kept together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from engine.ids import earliest
from engine.model.delivery import State
from engine.store import accounts, deliveries, glancing, posts
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from engine.store.deliveries import DeliveryRow
    from engine.store.glancing import Glance


class After(NamedTuple):
    """The ordering key of a row: `by` is the post's id where the list is ordered by posts, else the row's own."""

    by: str
    id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing. `since` and `until` are of the time it was made.

    A mapping is meant by its name, and a `sink` is one of it. `oldest` turns the order round. Where nothing is found,
    what it is narrowed to may not be there at all: nobody looks here.
    """

    states: tuple[str, ...] = ()
    account_id: str = ""
    person_id: str = ""
    mapping: str = ""
    post_id: str = ""
    source_id: str = ""
    sink: str = ""
    since: datetime | None = None
    until: datetime | None = None
    oldest: bool = False


_AFTER: Final = "after"
_SPAN: Final = ("since", "until")
_STATES: Final = tuple(state.value for state in State)
_POST_STATES: Final = (posts.NEW, posts.ROUTED, posts.SEEN, posts.HELD, posts.ECHO, posts.STALE, posts.DERIVED)


@no_snapshot
def delivery_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, DeliveryRow]]:
    """Return up to so many deliveries, newest first unless the oldest are wanted, each with its ordering key."""
    if wanted.person_id and connection.dialect.name == "sqlite":
        return _of_accounts(connection, workspace_id, wanted, after, most)
    states = wanted.states or _STATES
    names = _names(wanted, after, "account_id", "person_id", "mapping", "post_id", "sink", "states")
    statement = _deliveries(names, len(states), most, oldest=wanted.oldest)
    rows = connection.execute(statement, _given(workspace_id, wanted, after) | _named(states)).all()
    return [(After(row[-1], row[0]), deliveries.seen(row)) for row in rows]


def _of_accounts(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, DeliveryRow]]:
    """Put the pages of a person's accounts together: SQLite has no LATERAL, by which one query would do it."""
    mine = accounts.ids_of(connection, workspace_id, wanted.person_id)
    narrowed = [replace(wanted, person_id="", account_id=one) for one in mine if wanted.account_id in ("", one)]
    pages = [delivery_page(connection, workspace_id, one, after, most) for one in narrowed]
    pairs = (pair for page in pages for pair in page)
    return sorted(pairs, key=lambda pair: pair[0], reverse=not wanted.oldest)[:most]


@no_snapshot
def post_page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, Glance]]:
    """Return up to so many posts, newest first unless the oldest are wanted, each with its ordering key."""
    states, names = wanted.states or _POST_STATES, _names(wanted, after, "mapping", "source_id", "states")
    statement = _posts(names, len(states), most, oldest=wanted.oldest)
    rows = connection.execute(statement, _given(workspace_id, wanted, after) | _named(states)).all()
    return [(After(row[-1], row[0]), glancing.read(row)) for row in rows]


def _names(wanted: Wanted, after: After | None, *names: str) -> frozenset[str]:
    """Return what there are conditions for: for what is not wanted there is none, so that it misleads no plan."""
    return frozenset(name for name in (*names, *_SPAN) if getattr(wanted, name)) | ({_AFTER} if after else set())


def _named(states: Sequence[str]) -> dict[str, str]:
    return {f"state_{number}": state for number, state in enumerate(states)}


def _given(workspace_id: str, wanted: Wanted, after: After | None) -> dict[str, Any]:
    by, row = after or After("", "")
    return {
        "workspace": workspace_id, "account": wanted.account_id, "person": wanted.person_id,
        "mapping": wanted.mapping, "post": wanted.post_id,
        "source": wanted.source_id, "sink": wanted.sink, "by": by, "id": row,
        "since": earliest(wanted.since) if wanted.since else "",
        "until": earliest(wanted.until) if wanted.until else "",
    }  # fmt: skip


@lru_cache(maxsize=256)
def _deliveries(names: frozenset[str], states: int, most: int, *, oldest: bool) -> Select[Any]:
    """Find the keys by one index, and the rows by their keys: what is narrowed walks what it is narrowed to alone.

    How many are wanted is written out: a plan that is made once reckons with a tenth of the table where it is a value,
    and so never seems worth keeping, and to plan this anew takes several times as long as to do it.
    """
    keys = _delivery_keys(names, states).replace(":most", f"{most:d}")
    return deliveries.keyed(text(_turned(keys) if oldest else keys), oldest=oldest)


def _delivery_keys(names: frozenset[str], states: int) -> str:
    if "person_id" in names:
        each = _delivery_keys((names - {"person_id"}) | {"account_id"}, states).replace(":account", "a.id")
        alone = " AND a.id = :account" if "account_id" in names else ""
        return (
            f"SELECT k.by AS by, k.id AS id FROM accounts a CROSS JOIN LATERAL ({each}) AS k"
            f" WHERE a.workspace_id = :workspace AND a.person_id = :person{alone}"
            " ORDER BY k.by DESC, k.id DESC LIMIT :most"
        )
    if names.isdisjoint(("account_id", "mapping", "post_id")):
        parts = ["d.workspace_id = :workspace", *_further("d.id < :id", names), *_span("d.id", names)]
        return _of_states(f"SELECT d.id AS by, d.id AS id FROM deliveries d WHERE {' AND '.join(parts)}", "d", states)
    if "account_id" in names:
        by, of = "d.post_id", "d"
        start = "SELECT d.post_id AS by, d.id AS id FROM deliveries d WHERE d.account_id = :account"
    else:
        by, of = "r.post_id", "r"
        start = (
            "SELECT r.post_id AS by, d.id AS id FROM routes r"
            " JOIN deliveries d ON d.workspace_id = r.workspace_id AND d.route_id = r.id"
            " WHERE r.workspace_id = :workspace"
        )
    parts = ["d.workspace_id = :workspace", *_further(f"{by} <= :by AND ({by} < :by OR d.id < :id)", names)]
    parts += [f"{of}.mapping_id = {_MAPPING}"] if "mapping" in names else []
    parts += [f"{of}.post_id = :post"] if "post_id" in names else []
    parts += ["d.sink = :sink"] if "sink" in names else []
    parts += [*_among("d", states if "states" in names else 0), *_span(_NO_INDEX.format("d.id"), names)]
    return f"{start} AND {' AND '.join(parts)} ORDER BY {by} DESC, d.id DESC LIMIT :most"


@lru_cache(maxsize=64)
def _posts(names: frozenset[str], states: int, most: int, *, oldest: bool) -> Select[Any]:
    keys = _post_keys(names, states).replace(":most", f"{most:d}")
    return glancing.keyed(text(_turned(keys) if oldest else keys), oldest=oldest)


def _post_keys(names: frozenset[str], states: int) -> str:
    if names.isdisjoint(("mapping", "source_id")):
        parts = ["p.workspace_id = :workspace", *_further("p.id < :id", names), *_span("p.id", names)]
        return _of_states(f"SELECT p.id AS by, p.id AS id FROM posts p WHERE {' AND '.join(parts)}", "p", states)
    parts = ["p.workspace_id = :workspace", *_among("p", states if "states" in names else 0)]
    parts += ["p.source_id = :source"] if "source_id" in names else []
    if "mapping" in names:
        parts += _span("r.post_id", names)  # the index of a mapping's routes has it next, so no other is tempting
        start = (
            "SELECT DISTINCT r.post_id AS by, p.id AS id FROM routes r JOIN posts p ON p.id = r.post_id"
            f" WHERE r.mapping_id = {_MAPPING} AND r.workspace_id = :workspace"
        )
        parts += _further("r.post_id < :id", names)
        return f"{start} AND {' AND '.join(parts)} ORDER BY r.post_id DESC LIMIT :most"
    parts += [*_further("p.id < :id", names), *_span("p.id", names)]
    return f"SELECT p.id AS by, p.id AS id FROM posts p WHERE {' AND '.join(parts)} ORDER BY p.id DESC LIMIT :most"


_MAPPING: Final = "(SELECT m.id FROM mappings m WHERE m.workspace_id = :workspace AND m.name = :mapping)"

# A plan that is made once for all values takes a span of ids for narrow, and would read the ids of the whole table.
_NO_INDEX: Final = "({} || '')"


def _further(condition: str, names: frozenset[str]) -> list[str]:
    """Return the condition that it comes after the last row that was shown, where any was."""
    return [condition] if _AFTER in names else []


def _span(column: str, names: frozenset[str]) -> list[str]:
    """Return the conditions that it was made within the span that is wanted: ids sort by that."""
    spans = {"since": f"{column} >= :since", "until": f"{column} < :until"}
    return [spans[name] for name in _SPAN if name in names]


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
