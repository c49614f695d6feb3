"""Takings: who of several processes does a piece of work that would only be wasted if two did it.

They save work and promise nothing: what is written in the end sees for itself that it stands once. A process that is
killed keeps what it took until its time is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from engine.store.tables import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def take(connection: Connection, workspace_id: str, key: str, owner: str, times: tuple[datetime, datetime]) -> bool:
    """Take work from now until a time, or keep it longer; tells whether it is the owner's."""
    values = {"workspace": workspace_id, "key": key, "owner": owner, "now": times[0], "until": times[1]}
    return connection.execute(_TAKE, values).first() is not None


def give_back(connection: Connection, workspace_id: str, key: str, owner: str) -> None:
    """Let others take it."""
    connection.execute(_GIVE_BACK, {"workspace": workspace_id, "key": key, "owner": owner})


def retire(connection: Connection, before: datetime, most: int) -> int:
    """Forget what killed processes had taken until before then."""
    return connection.execute(_RETIRE, {"before": before, "most": most}).rowcount


_TAKE = text(
    "INSERT INTO takings (workspace_id, key, owner, until) VALUES (:workspace, :key, :owner, :until)"
    " ON CONFLICT (workspace_id, key) DO UPDATE SET owner = excluded.owner, until = excluded.until"
    " WHERE takings.owner = excluded.owner OR takings.until <= :now RETURNING key"
).bindparams(bindparam("now", type_=Instant), bindparam("until", type_=Instant))
_GIVE_BACK = text("DELETE FROM takings WHERE workspace_id = :workspace AND key = :key AND owner = :owner")
_RETIRE = text(
    "DELETE FROM takings WHERE (workspace_id, key) IN"
    " (SELECT t.workspace_id, t.key FROM takings t WHERE t.until < :before LIMIT :most)"
).bindparams(bindparam("before", type_=Instant))
