"""A post is called off: nothing more of its routes is planned, and what is planned does not go out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import TextClause, bindparam, text

from engine.ids import new_id
from engine.model.delivery import MOVES, Move, Reason, State
from engine.store import lanes, routes, traces
from engine.store.bulk import packed, rows_from
from engine.store.tables import Instant
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.telling import Passage

ENDED: Final = tuple(state for state in (State.WAITING, State.PLANNED, State.BLOCKED) if (state, Move.CANCEL) in MOVES)
"""What surely has not gone out. One that is doubtful, or to be looked at, may have: each is a person's to settle."""


class CalledOff(NamedTuple):
    """Accounts for which nothing was planned yet, posts that were held, deliveries that were ended."""

    unplanned: int = 0
    held: int = 0
    deliveries: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything was called off."""
        return any(self)

    def and_(self, more: CalledOff) -> CalledOff:
        """Return both together."""
        return CalledOff(*(one + other for one, other in zip(self, more, strict=True)))


def route(connection: Connection, workspace_id: str, way: Passage, post_id: str, by: str, now: datetime) -> CalledOff:
    """Plan nothing more of a route and drop what it holds, with a trace that says who wanted it."""
    said = f"Cancelled by {by}"
    left = routes.cancel(connection, way.route_id, f"{said}.", now)
    if left is None:
        return CalledOff()
    sentence = f"{said}: {left.unplanned:,} accounts are not planned any more, {left.held} held posts are dropped."
    trace = Trace(new_id(), workspace_id, post_id, "cancelled", sentence, now, way.source, way.mapping_id)
    traces.write(connection, [trace])
    return CalledOff(left.unplanned, left.held)


def deliveries(  # noqa: PLR0913  # a stretch of a route, who ends it, and when
    connection: Connection, workspace_id: str, way: Passage, after: str, by: str, now: datetime, *, most: int
) -> tuple[str, int]:
    """End so many open deliveries of a route behind that id; returns the last id, empty at the end, and how many."""
    given = {"workspace": workspace_id, "route": way.route_id, "after": after, "most": most}
    found = connection.execute(_OPEN, given).fetchall()
    if not found:
        return "", 0
    lanes.lock(connection, sorted({row.account_id for row in found}))
    sentence = f"Cancelled by {by}."
    ended = {"rows": packed([row.id] for row in found), "now": now, "detail": sentence, "reason": str(Reason.PERSON)}
    count = connection.execute(_end(connection.dialect.name), ended).rowcount
    if count:
        said = f"{sentence[:-1]}: {count:,} deliveries that had not gone out."
        trace = Trace(new_id(), workspace_id, found[0].post_id, "cancelled", said, now, way.source, way.mapping_id)
        traces.write(connection, [trace])
    return found[-1].id, count


def may_be_out(connection: Connection, workspace_id: str, route_ids: Sequence[str]) -> int:
    """Count the deliveries of these routes that are out, or may be."""
    given = {"rows": packed([one] for one in route_ids), "workspace": workspace_id}
    return int(connection.execute(_out(connection.dialect.name), given).scalar_one())


_STATES = ", ".join(f"'{state}'" for state in ENDED)
_OUT = ", ".join(f"'{state}'" for state in (State.SENDING, State.DOUBTFUL, State.CHECK_NEEDED, State.SENT))
_OPEN = text(
    "SELECT id, account_id, post_id FROM deliveries WHERE workspace_id = :workspace AND route_id = :route"
    f" AND state IN ({_STATES}) AND id > :after ORDER BY id LIMIT :most"
)


@lru_cache
def _end(dialect: str) -> TextClause:
    return text(
        "UPDATE deliveries SET state = 'cancelled', reason = :reason, detail = :detail, updated_at = :now"
        f" FROM ({rows_from({'id': 'text'}, dialect)}) AS g"
        f" WHERE deliveries.id = g.id AND deliveries.state IN ({_STATES})"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _out(dialect: str) -> TextClause:
    return text(
        f"SELECT count(*) FROM ({rows_from({'id': 'text'}, dialect)}) AS g JOIN deliveries d"
        f" ON d.workspace_id = :workspace AND d.route_id = g.id WHERE d.state IN ({_OUT})"
    )
