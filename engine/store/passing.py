"""What happens in a mapping as it happens: traces and attempts by their ids, which begin with their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, select

from engine.store.tables import accounts, attempts, deliveries, posts, traces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


class Line(NamedTuple):
    """Something that happened to a post at a node; `document` is the post as its source gave it.

    Of an attempt the id is followed by its outcome, and `account` names for whom it was.
    """

    id: str
    at: datetime
    node: str
    what: str
    sentence: str
    post_id: str
    document: str
    account: str | None = None


class Place(NamedTuple):
    """What is watched: a mapping, or one node of it."""

    workspace_id: str
    mapping_id: str
    node: str | None = None


def told(connection: Connection, place: Place, after: str, limit: int) -> list[Line]:
    """Return what was told of posts under ids above `after`, in the order of ids."""
    columns = (traces.c.id, traces.c.at, traces.c.node, traces.c.what, traces.c.sentence, traces.c.post_id)
    query = (
        select(*columns, posts.c.document)
        .join(posts, and_(posts.c.id == traces.c.post_id, posts.c.workspace_id == traces.c.workspace_id))
        .where(traces.c.id > after, traces.c.workspace_id == place.workspace_id)
        .where(traces.c.mapping_id == place.mapping_id, *_at(place, traces.c.node))
    )
    return [Line(*row) for row in connection.execute(query.order_by(traces.c.id).limit(limit))]


def tried(connection: Connection, place: Place, after: str, limit: int) -> list[Line]:
    """Return the attempts that have an outcome, under ids above `after`, in the order of ids."""
    query = (
        select(
            attempts.c.id, attempts.c.ended_at, deliveries.c.sink, attempts.c.outcome, attempts.c.detail,
            deliveries.c.url, deliveries.c.post_id, posts.c.document, accounts.c.name,
        )
        .join(deliveries, and_(deliveries.c.id == attempts.c.delivery_id,
                               deliveries.c.workspace_id == attempts.c.workspace_id))
        .join(accounts, and_(accounts.c.id == attempts.c.account_id,
                             accounts.c.workspace_id == attempts.c.workspace_id))
        .join(posts, and_(posts.c.id == deliveries.c.post_id, posts.c.workspace_id == attempts.c.workspace_id))
        .where(attempts.c.id > after, attempts.c.workspace_id == place.workspace_id, attempts.c.ended_at.is_not(None))
        .where(deliveries.c.mapping_id == place.mapping_id, *_at(place, deliveries.c.sink))
    )  # fmt: skip
    return [_attempt(row) for row in connection.execute(query.order_by(attempts.c.id).limit(limit))]


def _attempt(row: Sequence[Any]) -> Line:
    identity, at, sink, outcome, detail, url, post_id, document, account = row
    return Line(f"{identity}:{outcome}", at, sink, outcome, detail or url or "", post_id, document, account)


def _at(place: Place, column: Any) -> tuple[Any, ...]:
    return (column == place.node,) if place.node is not None else ()
