"""What a node found when it looked for a post that waits there.

A look is written for the revision of the post for which it was made: where a person has changed the words or decided
meanwhile, nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.store import traces
from engine.store.holds import HELD, WANTED
from engine.store.tables import holds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.holds import HoldRow
    from engine.store.traces import Trace


def keep(connection: Connection, before: HoldRow, after: HoldRow, trace: Trace | None) -> bool:
    """Write what a post has become by a look, and what is told of it; False where it has moved meanwhile."""
    mine = (
        holds.c.workspace_id == before.workspace_id,
        holds.c.id == before.id,
        holds.c.state == HELD,
        holds.c.verdict.in_(("", WANTED)),
        holds.c.revision == before.revision,
    )
    values = {
        "look": after.look,
        "reason": after.reason,
        "document": after.document,
        "revision": after.revision,
    }
    if connection.execute(update(holds).where(*mine).values(values)).rowcount == 0:
        return False
    if trace is not None:
        traces.write(connection, [trace])
    return True
