"""What happened, in an order that never changes once it was read.

Most events are written by the database itself, in the transaction of the change that they tell (the migration names the
changes); what has no row of its own to look at is written by `write`.

An id is a place in the order. On SQLite, where one writes at a time, that is the count of the rows. On PostgreSQL a
transaction may commit after a later one, so its rows stand under the number of their transaction, and a reader is given
those below the oldest transaction that still runs: nothing can appear below them any more. Two changes of different
transactions that overlap may therefore come in either order; a transaction that stays open holds events back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, cast, func, select, text, tuple_, update
from sqlalchemy import Text as SqlText

from engine.store.bulk import insert
from engine.store.tables import Instant, accounts, events, mappings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

START = "0" * 32
"""The place before every event."""


class Event(NamedTuple):
    """Something that happened; `workspace_id` is empty where it concerns the whole instance, `document` is JSON."""

    id: str
    workspace_id: str
    kind: str
    at: datetime
    mapping_id: str | None
    mapping: str | None
    node: str
    account_id: str | None
    account: str | None
    post_id: str | None
    delivery_id: str | None
    document: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants of a workspace; None is everything. Ids of a mapping and an account, a node's name, kinds."""

    workspace_id: str
    mapping_id: str | None = None
    node: str | None = None
    account_id: str | None = None
    kinds: frozenset[str] = frozenset()

    def takes(self, event: Event) -> bool:
        """Tell whether an event is wanted; what concerns the whole instance is everybody's."""
        return (
            event.workspace_id in {self.workspace_id, ""}
            and self.mapping_id in {None, event.mapping_id}
            and self.node in {None, event.node}
            and self.account_id in {None, event.account_id}
            and (not self.kinds or event.kind in self.kinds)
        )


class News(NamedTuple):
    """Something to be told: see `engine.model.event`."""

    workspace_id: str
    kind: str
    at: datetime
    document: str = "{}"
    mapping_id: str | None = None
    account_id: str | None = None
    post_id: str | None = None


def news(workspace_id: str, kind: str, at: datetime, said: dict[str, Any], **ids: str) -> News:
    """Return something to be told, with what is said of it."""
    return News(workspace_id, kind, at, json.dumps(said, ensure_ascii=False), **ids)


def write(connection: Connection, rows: Iterable[News]) -> None:
    """Tell what happened, in the transaction in which it happens."""
    insert(connection, events, News._fields, rows)


def after(connection: Connection, place: str, limit: int) -> list[Event]:
    """Return so many events of all workspaces after a place, in order; looks at no more rows than it returns."""
    query = _ALL.where(tuple_(events.c.tx, events.c.seq) > tuple_(*_parts(place)), *_settled(connection))
    rows = connection.execute(query.order_by(events.c.tx, events.c.seq).limit(limit))
    return [_event(row) for row in rows]


def wanted(connection: Connection, place: str, until: str, want: Wanted, most: int) -> tuple[list[Event], str]:
    """Return what is wanted between two places, in order, and how far was looked: at so many events at most."""
    order = (events.c.tx, events.c.seq)
    between = (tuple_(*order) > tuple_(*_parts(place)), tuple_(*order) <= tuple_(*_parts(until)), *_settled(connection))
    last = connection.execute(select(*order).where(*between).order_by(*order).offset(most - 1).limit(1)).first()
    looked = until if last is None else _place(*last)
    query = _ALL.where(*between, tuple_(*order) <= tuple_(*_parts(looked)), *_asked(want)).order_by(*order)
    return [_event(row) for row in connection.execute(query)], looked


def _asked(want: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [events.c.workspace_id.in_([want.workspace_id, ""])]
    for column, value in (
        (events.c.mapping_id, want.mapping_id), (events.c.node, want.node), (events.c.account_id, want.account_id)
    ):  # fmt: skip
        if value is not None:
            conditions.append(column == value)
    if want.kinds:
        conditions.append(events.c.kind.in_(sorted(want.kinds)))
    return conditions


def behind(connection: Connection, place: str, most: int) -> int:
    """Count the events after a place, so many at most."""
    some = select(events.c.seq).where(tuple_(events.c.tx, events.c.seq) > tuple_(*_parts(place)), *_settled(connection))
    return int(connection.execute(select(func.count()).select_from(some.limit(most).subquery())).scalar_one())


def head(connection: Connection) -> str:
    """Return the place of the newest event that readers see."""
    newest = select(events.c.tx, events.c.seq).where(*_settled(connection))
    row = connection.execute(newest.order_by(events.c.tx.desc(), events.c.seq.desc()).limit(1)).first()
    return START if row is None else _place(*row)


def known(connection: Connection, place: str) -> str:
    """Return a place that a reader remembers as it is called in this database.

    A database that was restored on another server counts its transactions anew: a place beyond them is from before.
    """
    if connection.dialect.name != "postgresql":
        return place
    tx, seq = _parts(place)
    return _place(0, seq) if tx >= connection.execute(_NEXT).scalar_one() else place


def settle(connection: Connection) -> None:
    """Put what was told before a database was restored on another server before all that is told from now on."""
    if connection.dialect.name == "postgresql":
        connection.execute(update(events).where(events.c.tx >= _NEXT.scalar_subquery()).values(tx=0))


def retire(connection: Connection, before: datetime, most: int) -> int:
    """Delete events of before then, the oldest first."""
    return connection.execute(_RETIRE, {"before": before, "most": most}).rowcount


def _settled(connection: Connection) -> Sequence[ColumnElement[bool]]:
    return (events.c.tx < _OLDEST,) if connection.dialect.name == "postgresql" else ()


def _number(of: Any) -> Any:
    return cast(cast(of, SqlText), BigInteger)


_OLDEST = _number(func.pg_snapshot_xmin(func.pg_current_snapshot()))
_NEXT = select(_number(func.pg_snapshot_xmax(func.pg_current_snapshot())))
_RETIRE = text(
    "DELETE FROM events WHERE seq IN (SELECT old.seq FROM"
    " (SELECT e.seq, e.at FROM events e ORDER BY e.tx, e.seq LIMIT :most) AS old WHERE old.at < :before)"
).bindparams(bindparam("before", type_=Instant))
_ALL = (
    select(
        events.c.tx, events.c.seq, events.c.workspace_id, events.c.kind, events.c.at, events.c.mapping_id,
        mappings.c.name.label("mapping"), events.c.node, events.c.account_id, accounts.c.name.label("account"),
        events.c.post_id, events.c.delivery_id, events.c.document,
    )
    .outerjoin(mappings, and_(mappings.c.id == events.c.mapping_id, mappings.c.workspace_id == events.c.workspace_id))
    .outerjoin(accounts, and_(accounts.c.id == events.c.account_id, accounts.c.workspace_id == events.c.workspace_id))
)  # fmt: skip


def _event(row: Sequence[Any]) -> Event:
    tx, seq, *rest = row
    return Event(_place(tx, seq), *rest)


def _place(tx: int, seq: int) -> str:
    return f"{tx:016x}{seq:016x}"


def _parts(place: str) -> tuple[int, int]:
    return int(place[:16], 16), int(place[16:], 16)
