"""First comments: wanted by the transaction of a receipt, tried once, and told what became of them.

`due_at` is set as long as there is work: while a comment is wanted, being tried, or to be read back. A row that is
`trying` when somebody takes its lane was left by a worker that ended: nobody knows whether the comment is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, select, update

from engine.ids import new_id
from engine.store import lanes, traces
from engine.store.bulk import Batch
from engine.store.guard import LOST_LANE, comment_refusal
from engine.store.tables import comments, deliveries
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from engine.model.permit import Refusal

MOST = 10
"""So many comments one holding of a lane looks at."""


class CommentState(StrEnum):
    """How far a comment is. `unknown` is never tried again: it may be there."""

    WANTED = "wanted"
    TRYING = "trying"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Comment(NamedTuple):
    """A comment that has work to do, with the delivery that it stands below; `receipt_id` names the post."""

    delivery_id: str
    workspace_id: str
    account_id: str
    state: str
    detail: str
    tries: int
    started_at: datetime | None
    created_at: datetime
    mapping_id: str
    version_id: str
    sink: str
    post_id: str
    content_id: str
    receipt_id: str | None
    receipt_url: str | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a comment; without `due_at` there is nothing more to do."""

    state: CommentState
    detail: str
    due_at: datetime | None = None
    remote_id: str | None = None
    url: str | None = None


class CommentRow(NamedTuple):
    """A comment as people see it."""

    state: str
    detail: str
    url: str | None


def want(connection: Connection, some: Sequence[tuple[str, str]]) -> None:
    """Write that deliveries which are out, each with a stamp of when, want their one comment."""
    _WANT.run(connection, some)


def due(connection: Connection, account_id: str, now: datetime) -> list[Comment]:
    """Return the comments of an account that have work to do, longest due first."""
    query = (
        select(
            *(comments.c[name] for name in Comment._fields[:8]),
            *(deliveries.c[name] for name in Comment._fields[8:13]),
            deliveries.c.remote_id, deliveries.c.url,
        )
        .join(deliveries, and_(deliveries.c.id == comments.c.delivery_id,
                               deliveries.c.workspace_id == comments.c.workspace_id))
        .where(comments.c.account_id == account_id, comments.c.due_at.is_not(None), comments.c.due_at <= now)
        .order_by(comments.c.due_at).limit(MOST)
    )  # fmt: skip
    return [Comment._make(row) for row in connection.execute(query)]


def begin(connection: Connection, one: Comment, fence: int, now: datetime, until: datetime) -> Refusal | None:
    """Write that a comment is being tried, and renew its lane's lease; or return why it may not be, writing nothing."""
    lanes.lock(connection, [one.account_id])
    refusal = comment_refusal(connection, (one.account_id, one.delivery_id, fence), now)
    if refusal is not None:
        return refusal
    lanes.renew(connection, one.account_id, now, until)
    values = {"state": CommentState.TRYING, "tries": one.tries + 1, "started_at": now, "due_at": now}
    wanted = (*_is(one), comments.c.state == CommentState.WANTED, comments.c.tries == one.tries)
    return None if connection.execute(update(comments).where(*wanted).values(values)).rowcount else LOST_LANE


def settle(connection: Connection, one: Comment, fate: Fate, now: datetime) -> None:
    """Write what became of a comment as it was read, and tell it in the post's trace where it is new.

    A word of the one try is still good after somebody else took its worker for dead.
    """
    states = [CommentState.UNKNOWN, one.state] if one.state == CommentState.TRYING else [one.state]
    still = (*_is(one), comments.c.state.in_(states), comments.c.tries == one.tries)
    values = {
        "state": fate.state, "detail": fate.detail, "due_at": fate.due_at, "remote_id": fate.remote_id, "url": fate.url,
    }  # fmt: skip
    if connection.execute(update(comments).where(*still).values(values)).rowcount and fate.detail != one.detail:
        what = f"comment_{fate.state}"
        seen = (one.workspace_id, one.post_id, what, fate.detail, now, one.sink, one.mapping_id, one.delivery_id)
        traces.write(connection, [Trace(new_id(), *seen)])


def _is(one: Comment) -> tuple[ColumnElement[bool], ...]:
    return comments.c.workspace_id == one.workspace_id, comments.c.delivery_id == one.delivery_id


def of(connection: Connection, workspace_id: str, delivery_ids: Sequence[str]) -> dict[str, CommentRow]:
    """Return the comments of deliveries, by the deliveries' ids; those that have none are absent."""
    query = select(comments.c.delivery_id, comments.c.state, comments.c.detail, comments.c.url).where(
        comments.c.workspace_id == workspace_id, comments.c.delivery_id.in_(delivery_ids)
    )
    return {row[0]: CommentRow(*row[1:]) for row in connection.execute(query)}


_WANT = Batch(
    {"delivery_id": "text", "at": "timestamptz"},
    "INSERT INTO comments (workspace_id, delivery_id, account_id, state, due_at, created_at)"
    " SELECT d.workspace_id, d.id, d.account_id, 'wanted', g.at, g.at FROM {given} AS g"
    " JOIN deliveries d ON d.id = g.delivery_id WHERE d.state = 'sent' ON CONFLICT DO NOTHING",
)
