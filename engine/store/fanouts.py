"""Fan-outs: a post that goes to more accounts than one transaction takes is long work, with the id of its route.

It is written in the transactions that plan, so that what a person is told is what stands. Whoever goes on with a route
whose worker was killed goes on with its operation too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.store import bulk, operations
from engine.store.operations import CANCELLED, DONE, RUNNING, OperationRow
from engine.store.tables import operations as rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.planning import Way

KIND: Final = "fan_out"
LEASE: Final = timedelta(minutes=1)
"""So long it is believed to go on without a word; a chunk takes a second at most."""

_BEGUN = (
    "workspace_id",
    "id",
    "kind",
    "state",
    "by",
    "owner",
    "lease_until",
    "started_at",
    "done",
    "total",
    "sentence",
)
_AGAIN = "ON CONFLICT (id, workspace_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("state", "lease_until", "done", "total", "sentence")
)


class Reach(NamedTuple):
    """For how many of a plan's accounts it was seen by now whether there is a delivery."""

    done: int
    total: int

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"Planned {self.done:,} of {self.total:,} accounts."


def begin(connection: Connection, way: Way, reach: Reach, now: datetime) -> None:
    """Write down that a fan-out begins, or goes on with more accounts than it had."""
    by = f"the mapping {way.mapping}"
    row = (
        way.workspace_id, way.route_id, KIND, RUNNING, by, "", now + LEASE, now, reach.done, reach.total, reach.sentence
    )  # fmt: skip
    bulk.insert(connection, rows, _BEGUN, [row], tail=f"{_AGAIN}, ended_at = NULL, result = NULL")


def went_on(connection: Connection, way: Way, reach: Reach, now: datetime) -> None:
    """Write how far a fan-out is, and its end with the last account."""
    if reach.done < reach.total:
        operations.progress(connection, way.route_id, *reach, reach.sentence)
        operations.beat(connection, [way.route_id], now + LEASE)
    else:
        _end(connection, way.route_id, DONE, reach, now)


def cancelled(connection: Connection, route_id: str, reach: Reach, now: datetime) -> None:
    """Write that a fan-out ends before its time; nothing where the route is none."""
    _end(connection, route_id, CANCELLED, reach, now)


def _end(connection: Connection, route_id: str, state: str, reach: Reach, now: datetime) -> None:
    row: OperationRow | None = operations.these(connection, [route_id]).get(route_id)
    if row is not None:
        ended = replace(row, state=state, done=reach.done, total=reach.total, sentence=reach.sentence, ended_at=now)
        operations.end(connection, ended)
