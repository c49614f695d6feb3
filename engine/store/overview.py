"""The few numbers that tell at a glance how an instance does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from engine.model.delivery import State
from engine.store.tables import Instant, deliveries, sources, workspaces

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, ScalarSelect


@dataclass(frozen=True, slots=True)
class Overview:
    """Sources that are polled; deliveries that are due now, are doubtful, and are sent."""

    sources: int
    due: int
    doubtful: int
    sent: int


def overview(connection: Connection, now: datetime) -> Overview:
    """Return the numbers over all workspaces; each is counted in an index."""
    polled = select(func.count()).select_from(sources).where(sources.c.next_poll_at.is_not(None)).scalar_subquery()
    row = connection.execute(
        select(
            polled,
            _count(deliveries.c.state == State.PLANNED, deliveries.c.due_at <= now),
            _count(deliveries.c.state == State.DOUBTFUL),
            _count(deliveries.c.sent_at.is_not(None)),
        )
    ).one()
    return Overview(*row)


def newest(connection: Connection) -> datetime | None:
    """Return the latest time at which a source was read or a workspace made: by a right clock it is over."""
    read = connection.scalar(select(func.max(sources.c.last_poll_at, type_=Instant)))
    made = connection.scalar(select(func.max(workspaces.c.created_at, type_=Instant)))
    return max((at for at in (read, made) if at is not None), default=None)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(deliveries).where(*conditions).scalar_subquery()
