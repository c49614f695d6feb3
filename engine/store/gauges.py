"""How much waits: numbers of the whole instance, for whoever watches it; each is counted in an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, bindparam, text

from engine.store import events
from engine.store.tables import Instant
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

BEHIND_MOST: Final = 10_000
"""So many events that a webhook has not taken up are counted at most."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """What waits in an instance.

    `due` deliveries should go out, or be looked at, by now, the oldest since `oldest`; `deliveries` are those of the
    open states, `routes` of the unfinished ones, `held` buckets by their scope; `behind` is how many events the
    slowest live webhook has not taken up.
    """

    due: int
    oldest: datetime | None
    deliveries: dict[str, int]
    routes: dict[str, int]
    held: dict[str, int]
    behind: int


@no_snapshot
def gauges(connection: Connection, now: datetime) -> Gauges:
    """Return what waits now."""
    due, oldest = connection.execute(DUE, {"now": now}).one()
    counted = {name: 0 for _, names in OPEN for name in names}
    for statement, _ in OPEN:
        counted.update({state: count for state, count in connection.execute(statement)})  # noqa: C416  # rows
    routes = {state: count for state, count in connection.execute(ROUTES)}  # noqa: C416  # rows
    held = {scope: count for scope, count in connection.execute(HELD, {"now": now})}  # noqa: C416  # rows
    slowest = connection.execute(SLOWEST).scalar()
    behind = events.behind(connection, slowest, BEHIND_MOST) if slowest is not None else 0
    return Gauges(due, oldest, counted, dict.fromkeys(UNFINISHED, 0) | routes, held, behind)


UNFINISHED: Final = ("new", "stuck", "routing")

# Each names the condition of its partial index word by word, which is how SQLite knows that the index will do.
DUE: Final = (
    text(
        "SELECT count(*) AS due, min(due_at) AS oldest FROM deliveries"
        " WHERE state IN ('planned', 'doubtful') AND due_at <= :now"
    )
    .bindparams(bindparam("now", type_=Instant))
    .columns(due=Integer, oldest=Instant)
)
_COUNT = "SELECT state, count(*) FROM deliveries WHERE state IN"
OPEN: Final = (
    (
        text(f"{_COUNT} ('sending', 'doubtful', 'check_needed') GROUP BY state"),
        ("sending", "doubtful", "check_needed"),
    ),
    (
        text(f"{_COUNT} ('waiting', 'blocked', 'check_needed') AND state <> 'check_needed' GROUP BY state"),
        ("waiting", "blocked"),
    ),
)
ROUTES: Final = text("SELECT state, count(*) FROM routes WHERE state IN ('new', 'stuck', 'routing') GROUP BY state")
HELD: Final = text(
    "SELECT scope, count(*) FROM budgets WHERE held_until IS NOT NULL AND held_until > :now GROUP BY scope"
).bindparams(bindparam("now", type_=Instant))
SLOWEST: Final = text("SELECT min(cursor) FROM webhooks WHERE state = 'live'")
