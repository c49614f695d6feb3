"""Long work that somebody asked for: how far it is, what came of it, and whether its process still lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from engine.errors import NotFoundError
from engine.ids import earliest
from engine.store import events
from engine.store.paged import paged
from engine.store.tables import operations
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

RUNNING, DONE, FAILED, CANCELLED, INTERRUPTED = "running", "done", "failed", "cancelled", "interrupted"


@dataclass(frozen=True, slots=True)
class OperationRow:
    """Long work. `result` and `error` are JSON; `owner` is the process, which renews `lease_until` while it lives."""

    id: str
    workspace_id: str
    kind: str
    state: str
    by: str
    owner: str
    lease_until: datetime
    started_at: datetime
    done: int = 0
    total: int | None = None
    sentence: str = ""
    result: str | None = None
    error: str | None = None
    cancelling: bool = False
    ended_at: datetime | None = None

    def state_at(self, now: datetime) -> str:
        """Return the state, which is interrupted where the process has ended without a word."""
        return INTERRUPTED if self.state == RUNNING and self.lease_until <= now else self.state


_FIELDS = tuple(OperationRow.__dataclass_fields__)
_ALL = select(*(operations.c[name] for name in _FIELDS))
_PAGE = _ALL.where(operations.c.workspace_id == bindparam("workspace"), operations.c.id < bindparam("before")).order_by(
    operations.c.id.desc()
)
_PAGE_OF_KIND = _PAGE.where(operations.c.kind == bindparam("kind"))


def begin(connection: Connection, row: OperationRow) -> None:
    """Write down that work begins."""
    connection.execute(insert(operations).values({name: getattr(row, name) for name in _FIELDS}))


def get(connection: Connection, workspace_id: str, operation_id: str) -> OperationRow:
    """Return an operation; raises NotFoundError."""
    mine = (operations.c.workspace_id == workspace_id, operations.c.id == operation_id)
    row = connection.execute(_ALL.where(*mine)).first()
    if row is None:
        message = f"There is no operation {operation_id} in this workspace; ended ones are kept for 30 days."
        raise NotFoundError(message)
    return OperationRow(*tuple(row))


def these(connection: Connection, operation_ids: Sequence[str]) -> dict[str, OperationRow]:
    """Return operations by their ids."""
    rows = connection.execute(_ALL.where(operations.c.id.in_(operation_ids)))
    return {row.id: OperationRow(*tuple(row)) for row in rows}


@no_snapshot
def listed(
    connection: Connection, workspace_id: str, *, before: str | None = None, kind: str | None = None, limit: int = 50
) -> list[OperationRow]:
    """Return operations, newest first, those under `before`."""
    # “g” stands above every id.
    query = paged(_PAGE if kind is None else _PAGE_OF_KIND, limit)
    given = {"workspace": workspace_id, "before": before or "g"} | ({} if kind is None else {"kind": kind})
    return [OperationRow(*tuple(row)) for row in connection.execute(query, given)]


def progress(connection: Connection, operation_id: str, done: int, total: int | None, sentence: str) -> None:
    """Write how far it is, while it runs."""
    running = (operations.c.id == operation_id, operations.c.state == RUNNING)
    connection.execute(update(operations).where(*running).values(done=done, total=total, sentence=sentence))


def beat(connection: Connection, operation_ids: Sequence[str], until: datetime) -> list[str]:
    """Say that the process of these lives until then; returns those that somebody wants to be cancelled."""
    running = (operations.c.id.in_(operation_ids), operations.c.state == RUNNING)
    connection.execute(update(operations).where(*running).values(lease_until=until))
    return list(connection.scalars(select(operations.c.id).where(*running, operations.c.cancelling)))


def ask_end(connection: Connection, workspace_id: str, operation_id: str) -> None:
    """Ask the process that does the work to stop."""
    mine = (operations.c.workspace_id == workspace_id, operations.c.id == operation_id)
    connection.execute(update(operations).where(*mine, operations.c.state == RUNNING).values(cancelling=True))


def end(connection: Connection, ended: OperationRow) -> None:
    """Write what came of it, unless that is written already."""
    names = ("state", "done", "total", "sentence", "result", "error", "ended_at")
    values = {name: getattr(ended, name) for name in names}
    running = (operations.c.id == ended.id, operations.c.state == RUNNING)
    if connection.execute(update(operations).where(*running).values(values)).rowcount and ended.ended_at:
        said = {"operation": ended.id, "kind": ended.kind, "state": ended.state, "detail": ended.sentence}
        events.write(connection, [events.news(ended.workspace_id, "operation.ended", ended.ended_at, said)])


def retire(connection: Connection, before: datetime, most: int) -> int:
    """Forget work that began before then."""
    old = select(operations.c.id).where(operations.c.id < earliest(before)).order_by(operations.c.id).limit(most)
    return connection.execute(delete(operations).where(operations.c.id.in_(old))).rowcount
