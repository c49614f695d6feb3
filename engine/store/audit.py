"""Who changed what: one row for each change by a person or a program, written in the transaction of the change.

Rows are added, and never changed. They go with their workspace, or when they are too old: the database refuses
anything else, whoever asks (the migration has the triggers).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, exists, literal_column, select, text

from engine.store.bulk import insert
from engine.store.columns import stamp
from engine.store.tables import audit, workspaces
from engine.store.unit import no_snapshot
from engine.store.workspaces import set_instance_value

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

API: Final = "api"
CLI: Final = "cli"
MAIL: Final = "mail"

_GIVEN_UP: Final = "audit_given_up_until"
"""The value of the instance that tells the trigger which rows may go."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: `by` whom, `what` was done to which object, over which face (`api`, `cli` or `mail`).

    `workspace_id` is empty where it concerns the whole instance. `before` and `given` are JSON objects without secrets:
    what was there of what is changed, and what was asked for.
    """

    workspace_id: str
    id: str
    at: datetime
    by: str
    user_id: str | None
    face: str
    what: str
    object_kind: str
    object_name: str
    before: str
    given: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries somebody looks for; None for any. `what` and `object` are whole, `object` a kind or a name.

    `oldest` turns the order round.
    """

    by: str | None = None
    what: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the rows must fulfil."""
        wanted = {"by": self.by, "what": self.what}
        found: list[ColumnElement[bool]] = [audit.c[name] == value for name, value in wanted.items() if value]
        if self.since:
            found.append(audit.c.at >= self.since)
        if self.until:
            found.append(audit.c.at < self.until)
        return found


def write(connection: Connection, entry: Entry) -> None:
    """Keep an entry; one that is kept already stays as it is. That of a workspace that is gone is the instance's."""
    known = exists(select(workspaces.c.id).where(workspaces.c.id == entry.workspace_id))
    if entry.workspace_id and not connection.scalar(select(known)):
        entry = replace(entry, workspace_id="")
    insert(connection, audit, tuple(Entry.__dataclass_fields__), [astuple(entry)], tail="ON CONFLICT DO NOTHING")


@no_snapshot
def listed(
    connection: Connection, workspace_id: str, asked: Asked, *, after: str | None = None, most: int = 50
) -> list[Entry]:
    """Return the entries of a workspace, or with an empty id those of the instance, newest first or oldest.

    `after` is the id after which to go on.
    """
    query = select(*(audit.c[name] for name in Entry.__dataclass_fields__))
    query = query.where(audit.c.workspace_id == workspace_id, *asked.conditions())
    if after:
        query = query.where(audit.c.id > after if asked.oldest else audit.c.id < after)
    query = query.order_by(audit.c.id if asked.oldest else audit.c.id.desc()).limit(literal_column(f"{most:d}"))
    if not asked.object:
        return [Entry(*row) for row in connection.execute(query)]
    # A kind and a name have an index each, which a condition that joins both by “or” cannot walk in order.
    each = (query.where(audit.c[name] == asked.object) for name in ("object_kind", "object_name"))
    found = {row.id: Entry(*row) for one in each for row in connection.execute(one)}
    return [found[key] for key in sorted(found, reverse=not asked.oldest)[:most]]


def latest(connection: Connection, workspace_id: str, kind: str, name: str) -> Entry | None:
    """Return the last change of a thing that is on record: there is an index of names."""
    query = select(*(audit.c[field] for field in Entry.__dataclass_fields__)).where(
        audit.c.workspace_id == workspace_id, audit.c.object_kind == kind, audit.c.object_name == name
    )
    row = connection.execute(query.order_by(audit.c.id.desc()).limit(1)).first()
    return None if row is None else Entry(*row)


def retire(connection: Connection, before: datetime, most: int) -> int:
    """Delete entries of before then, so many at most, the oldest first."""
    set_instance_value(connection, _GIVEN_UP, stamp(before))
    old = select(audit.c.id).where(audit.c.at < before).order_by(audit.c.at).limit(most)
    gone = connection.execute(delete(audit).where(audit.c.id.in_(old))).rowcount
    connection.execute(text("DELETE FROM instance WHERE key = :key"), {"key": _GIVEN_UP})
    return gone
