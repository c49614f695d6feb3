"""What a person says of posts that wait at a node which asks for it: approved, rejected, or changed first.

Each is for the revision that the person saw: where the post has moved or was changed meanwhile, nothing is written.
The node is asked at once, and what follows is a release like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, literal_column, select, update

from engine.ids import new_id
from engine.store import traces
from engine.store.holds import APPROVED, HELD, REJECTED, WANTED
from engine.store.tables import holds, mappings
from engine.store.traces import Trace
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Select


@dataclass(frozen=True, slots=True)
class Asking:
    """A post that waits for a person, as JSON in `document`, with its mapping's name and current version.

    `version_id` is the version that it came by; `current_id` is None where the mapping was removed.
    """

    id: str
    workspace_id: str
    post_id: str
    mapping_id: str
    mapping: str
    current_id: str | None
    version_id: str
    node: str
    document: str
    reason: str
    since: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Said:
    """A person's decision."""

    yes: bool
    by: str
    note: str = ""

    @property
    def sentence(self) -> str:
        """Say who decided, and what."""
        done = f"{'Approved' if self.yes else 'Rejected'} by {self.by}"
        return f"{done}: {self.note}" if self.note else f"{done}."


@no_snapshot
def listed(
    connection: Connection, workspace_id: str, *, mapping_id: str | None = None, after: str = "", limit: int = 100
) -> list[Asking]:
    """Return what waits for a person, oldest first; `after` is the id after which to go on."""
    given = {"workspace": workspace_id, "after": after, "most": limit, "mapping": mapping_id}
    return [_asking(row) for row in connection.execute(_page(of_mapping=mapping_id is not None), given).all()]


@lru_cache
def _page(*, of_mapping: bool) -> Select[Any]:
    query = _SEEN.where(*_wanted(bindparam("workspace")), holds.c.id > bindparam("after"))
    query = query.where(holds.c.mapping_id == bindparam("mapping")) if of_mapping else query
    return query.order_by(holds.c.id).limit(bindparam("most"))


def matching(connection: Connection, workspace_id: str, end: str) -> list[Asking]:
    """Return what waits for a person and whose id is, or ends with, what was typed; at most two of them."""
    query = _SEEN.where(*_wanted(workspace_id), holds.c.id.endswith(end, autoescape=True)).limit(2)
    return [_asking(row) for row in connection.execute(query)]


def count(connection: Connection, workspace_id: str) -> int:
    """Count what waits for a person."""
    query = select(func.count()).select_from(holds).where(*_wanted(workspace_id))
    return int(connection.execute(query).scalar_one())


def decide(connection: Connection, asking: Asking, said: Said, now: datetime) -> bool:
    """Write a decision, and let the node be asked at once; False, and nothing is written, where the post has moved."""
    values = {
        "verdict": APPROVED if said.yes else REJECTED,
        "note": said.note,
        "decided_by": said.by,
        "decided_at": now,
        "reason": said.sentence,
        "until": None,
        "revision": holds.c.revision + 1,
    }
    return connection.execute(update(holds).where(*_still(asking)).values(values)).rowcount > 0


def edit(connection: Connection, asking: Asking, document: str, sentence: str, now: datetime) -> bool:
    """Put other words in place of those that wait; the sentence, which keeps those, goes to the post's trace.

    False, and nothing is written, where the post has moved.
    """
    values = {"document": document, "revision": holds.c.revision + 1}
    if connection.execute(update(holds).where(*_still(asking)).values(values)).rowcount == 0:
        return False
    trace = Trace(
        new_id(), asking.workspace_id, asking.post_id, "edited", sentence, now, asking.node, asking.mapping_id
    )
    traces.write(connection, [trace])
    return True


def _asking(row: Sequence[Any]) -> Asking:
    return Asking(*row)


# fmt: off
_SEEN = select(
    holds.c.id, holds.c.workspace_id, holds.c.post_id, holds.c.mapping_id, mappings.c.name, mappings.c.version_id,
    holds.c.version_id.label("own_id"), holds.c.node, holds.c.document, holds.c.reason, holds.c.since,
    holds.c.revision,
).join(mappings, and_(mappings.c.id == holds.c.mapping_id, mappings.c.workspace_id == holds.c.workspace_id))
# fmt: on


def _still(asking: Asking) -> tuple[ColumnElement[bool], ...]:
    return (
        holds.c.workspace_id == asking.workspace_id,
        holds.c.id == asking.id,
        holds.c.state == HELD,
        holds.c.verdict == WANTED,
        holds.c.revision == asking.revision,
    )


def _wanted(workspace_id: str | BindParameter[str]) -> tuple[ColumnElement[bool], ...]:
    # Written out, so that SQLite sees that the index of what is wanted covers it.
    words = {holds.c.state: HELD, holds.c.verdict: WANTED}
    return (
        holds.c.workspace_id == workspace_id,
        *(column == literal_column(f"'{word}'") for column, word in words.items()),
    )
