"""What time it is to the database: the clock that every process on a PostgreSQL sees alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection


@no_snapshot
def now(connection: Connection) -> datetime:
    """Return PostgreSQL's time of this moment, in UTC."""
    moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)
