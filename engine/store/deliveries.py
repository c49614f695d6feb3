"""Deliveries: the rows outside the hot path, looked at and settled one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import String, and_, bindparam, func, insert, or_, select, update

from engine.errors import RejectedError
from engine.model.delivery import State
from engine.store import comments
from engine.store.among import among, several
from engine.store.tables import accounts, attempts, contents, deliveries, lanes, mappings, prepared, routes, stamp
from engine.store.tables import comments as comment_rows
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, TextClause


@dataclass(frozen=True, slots=True)
class Change:
    """What is written of one delivery: `outcome` goes to its last attempt, `comment` says that it wants one."""

    state: str
    detail: str = ""
    reason: str = ""
    due_at: datetime | None = None
    counts: bool = False
    remote_id: str | None = None
    url: str | None = None
    outcome: str = ""
    comment: bool = False

    def but(self, **fields: Any) -> Change:
        """Return a copy with other fields."""
        return replace(self, **fields)


class DeliveryRow(NamedTuple):
    """A delivery as people see it, with the names around it; `comment` is how far its first comment is."""

    id: str
    workspace_id: str
    post_id: str
    mapping_id: str
    mapping: str
    version_id: str
    sink: str
    account_id: str
    account: str
    person_id: str | None
    state: str
    reason: str
    detail: str
    due_at: datetime
    released_at: datetime
    tries: int
    content_id: str
    attempt_id: str | None
    remote_id: str | None
    url: str | None
    sent_at: datetime | None
    created_at: datetime
    comment: str = ""


_FIELDS: Final = len(DeliveryRow._fields)
_PLANNED: Final = State.PLANNED.value
_SEEN = (
    select(
        deliveries.c.id, deliveries.c.workspace_id, deliveries.c.post_id, deliveries.c.mapping_id,
        mappings.c.name.label("mapping"), deliveries.c.version_id, deliveries.c.sink, deliveries.c.account_id,
        accounts.c.name.label("account"), accounts.c.person_id, deliveries.c.state, deliveries.c.reason,
        deliveries.c.detail, deliveries.c.due_at, deliveries.c.released_at, deliveries.c.tries, deliveries.c.content_id,
        deliveries.c.attempt_id, deliveries.c.remote_id, deliveries.c.url, deliveries.c.sent_at,
        deliveries.c.created_at, func.coalesce(comment_rows.c.state, "").label("comment"),
        lanes.c.next_due_at.label("lane_due_at"),
    )
    .outerjoin(comment_rows, and_(comment_rows.c.delivery_id == deliveries.c.id,
                                  comment_rows.c.workspace_id == deliveries.c.workspace_id))
    .outerjoin(lanes, lanes.c.account_id == deliveries.c.account_id)
    .join(accounts, and_(accounts.c.id == deliveries.c.account_id,
                         accounts.c.workspace_id == deliveries.c.workspace_id))
    .join(mappings, and_(mappings.c.id == deliveries.c.mapping_id,
                         mappings.c.workspace_id == deliveries.c.workspace_id))
)  # fmt: skip
_THOSE = _SEEN.where(deliveries.c.workspace_id == bindparam("workspace"), among(deliveries.c.id, several("ids")))
_WITH_DOCUMENT = (
    _SEEN.add_columns(contents.c.document)
    .outerjoin(contents, contents.c.id == deliveries.c.content_id)
    .where(deliveries.c.workspace_id == bindparam("workspace"), deliveries.c.id == bindparam("id"))
)
_DOCUMENT = select(contents.c.document).where(contents.c.id == bindparam("id"))
_ATTEMPTS = (
    select(*(attempts.c[name] for name in ("number", "started_at", "ended_at", "outcome", "detail", "key")))
    .join(deliveries, deliveries.c.workspace_id == attempts.c.workspace_id)
    .where(deliveries.c.id == bindparam("id"), attempts.c.delivery_id == bindparam("id"))
    .order_by(attempts.c.number)
)


@no_snapshot
def listed(  # noqa: PLR0913  # each is a filter that a person may give
    connection: Connection,
    workspace_id: str,
    *,
    states: Sequence[str] = (),
    mapping: str | None = None,
    account: str | None = None,
    post_id: str | None = None,
    limit: int = 100,
) -> list[DeliveryRow]:
    """Return deliveries, newest first, narrowed by state, mapping name, account name or post."""
    query = _SEEN.where(deliveries.c.workspace_id == workspace_id).order_by(deliveries.c.id.desc()).limit(limit)
    if states:
        query = query.where(deliveries.c.state.in_(states))
    if mapping:
        query = query.where(mappings.c.name == mapping)
    if account:
        query = query.where(accounts.c.name == account)
    if post_id:
        of = and_(routes.c.workspace_id == deliveries.c.workspace_id, routes.c.id == deliveries.c.route_id)
        query = query.join(routes, of).where(routes.c.workspace_id == workspace_id, routes.c.post_id == post_id)
    return [seen(row) for row in connection.execute(query)]


def matching(connection: Connection, workspace_id: str, end: str) -> list[DeliveryRow]:
    """Return the deliveries whose id is, or ends with, what a person typed; at most two, to tell one from many."""
    query = _SEEN.where(
        deliveries.c.workspace_id == workspace_id,
        or_(deliveries.c.id == end, deliveries.c.id.endswith(end, autoescape=True)),
    ).limit(2)
    return [seen(row) for row in connection.execute(query)]


@no_snapshot
def those(connection: Connection, workspace_id: str, ids: Sequence[str]) -> list[DeliveryRow]:
    """Return the deliveries of these ids, in any order."""
    return [seen(row) for row in connection.execute(_THOSE, {"workspace": workspace_id, "ids": ids})]


@no_snapshot
def with_document(connection: Connection, workspace_id: str, delivery_id: str) -> tuple[DeliveryRow, str | None] | None:
    """Return a delivery and what it says as JSON, None where that is no longer kept; None where there is none."""
    row = connection.execute(_WITH_DOCUMENT, {"workspace": workspace_id, "id": delivery_id}).first()
    return None if row is None else (seen(row), row[-1])


def keyed(keys: TextClause, *, oldest: bool = False) -> Select[Any]:
    """Return the query of what `seen` reads, and `by`, for the keys `by` and `id` of a query, in their order."""
    found = keys.columns(by=String, id=String).subquery("found")
    query = _SEEN.add_columns(found.c.by).join(found, found.c.id == deliveries.c.id)
    mine = query.where(deliveries.c.workspace_id == bindparam("workspace"))
    order = found.c.by, found.c.id
    return mine.order_by(*(order if oldest else (one.desc() for one in order)))


def told_by(connection: Connection, workspace_id: str, mail_id: str) -> list[DeliveryRow]:
    """Return the deliveries that a mail told of, oldest first."""
    query = _SEEN.where(deliveries.c.workspace_id == workspace_id, deliveries.c.mail_id == mail_id)
    return [seen(row) for row in connection.execute(query.order_by(deliveries.c.id))]


def seen(row: Sequence[Any]) -> DeliveryRow:
    """Tell of one that waits behind another why it does: only the first of an account is told what is against it."""
    found, lane_due_at = DeliveryRow._make(row[:_FIELDS]), row[_FIELDS]
    if found.state != _PLANNED or found.detail or lane_due_at is None or lane_due_at <= found.due_at:
        return found
    until = lane_due_at.astimezone(UTC)
    return found._replace(detail=f"Another post of this account goes first, not before {until:%d %b %Y %H:%M} UTC.")


def counts(connection: Connection, workspace_id: str | None = None) -> dict[str, int]:
    """Return how many deliveries stand in each state; a state that nobody is in is 0."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if workspace_id is not None:
        query = query.where(deliveries.c.workspace_id == workspace_id)
    found = {state: number for state, number in connection.execute(query)}  # noqa: C416  # a Row is not a pair
    return {state.value: found.get(state.value, 0) for state in State}


def settle_planned(connection: Connection, delivery_id: str, change: Change, now: datetime) -> bool:
    """Write what became of a delivery before its claim, if it is still planned."""
    return _write(connection, delivery_id, State.PLANNED, change, now)


def settle_doubt(connection: Connection, delivery_id: str, change: Change, now: datetime) -> bool:
    """Write what became of a doubt, if it is still doubtful; the last attempt keeps how it was settled."""
    row = connection.execute(
        select(deliveries.c.workspace_id, deliveries.c.attempt_id, deliveries.c.updated_at)
        .where(deliveries.c.id == delivery_id, deliveries.c.state == State.DOUBTFUL)
    ).first()  # fmt: skip
    if row is None:
        return False
    connection.execute(
        update(attempts)
        .where(attempts.c.id == row.attempt_id, attempts.c.workspace_id == row.workspace_id)
        .values(outcome=change.outcome, detail=change.detail, ended_at=now)
    )
    # While it stays doubtful, updated_at keeps saying since when: the quarantine counts from there.
    return _write(connection, delivery_id, State.DOUBTFUL, change, row.updated_at if _stays(change) else now)


def _stays(change: Change) -> bool:
    return change.state == State.DOUBTFUL


def look_later(connection: Connection, delivery_id: str, detail: str, due_at: datetime, now: datetime) -> bool:
    """Look at a doubtful delivery again later: it could not be looked at now."""
    change = Change(state=State.DOUBTFUL, detail=detail, due_at=due_at, outcome="doubtful")
    return settle_doubt(connection, delivery_id, change, now)


def _write(connection: Connection, delivery_id: str, expected: str, change: Change, now: datetime) -> bool:
    values: dict[str, Any] = {
        "state": change.state, "reason": change.reason, "detail": change.detail, "updated_at": now,
        "tries": deliveries.c.tries + int(change.counts),
    }  # fmt: skip
    if change.due_at is not None:
        values["due_at"] = change.due_at
    if change.state == State.SENT:
        values |= {"remote_id": change.remote_id, "url": change.url, "sent_at": now}
    written = connection.execute(
        update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state == expected).values(values)
    )
    if change.comment and written.rowcount and change.state == State.SENT:
        comments.want(connection, [(delivery_id, stamp(now))])
    return written.rowcount == 1


def prepared_parts(connection: Connection, delivery_id: str, now: datetime) -> dict[str, str] | None:
    """Return what was uploaded for a delivery, unless it has expired."""
    query = select(prepared.c.parts).where(prepared.c.delivery_id == delivery_id, prepared.c.expires_at > now)
    found = connection.execute(query).scalar()
    return None if found is None else json.loads(found)


def keep_prepared(
    connection: Connection, workspace_id: str, delivery_id: str, parts: dict[str, str], expires_at: datetime
) -> None:
    """Keep what was uploaded, in place of what was kept before."""
    forget_prepared(connection, delivery_id)
    connection.execute(
        insert(prepared).values(
            workspace_id=workspace_id, delivery_id=delivery_id, parts=json.dumps(parts), expires_at=expires_at
        )
    )


def forget_prepared(connection: Connection, delivery_id: str) -> None:
    """Forget what was uploaded: a later try uploads anew."""
    connection.execute(prepared.delete().where(prepared.c.delivery_id == delivery_id))


def document_of(connection: Connection, content_id: str) -> str:
    """Return a rendered content as JSON; raises RejectedError when it is so old that it is no longer kept."""
    document = kept_document(connection, content_id)
    if document is None:
        message = (
            "Its text is no longer kept: texts go 90 days after they were written, so it can be neither sent nor "
            "edited. Its post is still there for `chappe explain`."
        )
        raise RejectedError(message, code="text_gone")
    return document


def kept_document(connection: Connection, content_id: str) -> str | None:
    """Return a rendered content as JSON, None where it is so old that it is no longer kept."""
    found: str | None = connection.execute(_DOCUMENT, {"id": content_id}).scalar()
    return found


@no_snapshot
def attempts_of(connection: Connection, delivery_id: str) -> list[dict[str, Any]]:
    """Return the attempts of a delivery, oldest first, as plain values for people."""
    return [dict(row._mapping) for row in connection.execute(_ATTEMPTS, {"id": delivery_id})]  # noqa: SLF001  # SQLAlchemy's public name
