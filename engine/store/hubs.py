"""Subscriptions at hubs (WebSub, a W3C recommendation of 23 January 2018), one for each source that names a hub.

`next_at` is when a hub is asked next: to begin, to go on before the lease ends, or to end. Until it has asked back
whether the wish is ours, a subscription only `asks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update

from engine.store.bulk import insert
from engine.store.tables import hubs, sources

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ASKING, LIVE, LEAVING = "asking", "live", "leaving"

FIRST_WAIT: Final = timedelta(minutes=10)
LONGEST_WAIT: Final = timedelta(days=1)
"""How long after it was asked a hub is asked again, unless it has asked back: twice as long each time."""

LAST_TRY: Final = 4
"""How often a hub is asked to end a subscription; then its lease ends by itself."""

DENIED_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a hub at `url` is asked to tell of `topic`; `sealed` is the secret that signs what it says.

    `read` tells whether an active mapping still reads the source.
    """

    id: str
    workspace_id: str
    source_id: str
    url: str
    topic: str
    sealed: str
    state: str
    created_at: datetime
    note: str = ""
    tries: int = 0
    next_at: datetime | None = None
    lease_until: datetime | None = None
    read: bool = True


_FIELDS: Final = tuple(Subscription.__dataclass_fields__)[:-1]
_READ: Final = sources.c.next_poll_at.is_not(None)
_ALL: Final = select(*(hubs.c[name] for name in _FIELDS), _READ).join(
    sources, (sources.c.id == hubs.c.source_id) & (sources.c.workspace_id == hubs.c.workspace_id)
)


def of_source(connection: Connection, source_id: str) -> Subscription | None:
    """Return the subscription of a source."""
    return _first(connection, hubs.c.source_id == source_id)


def get(connection: Connection, subscription_id: str) -> Subscription | None:
    """Return a subscription."""
    return _first(connection, hubs.c.id == subscription_id)


def put(connection: Connection, row: Subscription) -> None:
    """Keep a new subscription, or what a source's is to be from now on: its id and its secret stay."""
    columns = ("url", "topic", "state", "note", "tries", "next_at", "lease_until")
    tail = f"ON CONFLICT (workspace_id, source_id) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in columns)}"
    insert(connection, hubs, _FIELDS, [tuple(getattr(row, name) for name in _FIELDS)], tail=tail)


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the subscriptions whose hub is to be asked."""
    return list(
        connection.scalars(select(hubs.c.id).where(hubs.c.next_at <= now).order_by(hubs.c.next_at).limit(limit))
    )


def take(connection: Connection, subscription_id: str, now: datetime) -> Subscription | None:
    """Take a subscription whose hub is to be asked, and say when it is asked again; None where none is due.

    What nobody reads any more is to be ended; what no hub has ended after some asking is forgotten.
    """
    row = _first(connection, (hubs.c.id == subscription_id) & (hubs.c.next_at <= now))
    if row is None:
        return None
    if row.state == LEAVING and row.tries >= LAST_TRY:
        forget(connection, row)
        return None
    wait = min(FIRST_WAIT * 2 ** min(row.tries, 10), LONGEST_WAIT)
    values = {"state": row.state if row.read else LEAVING, "tries": row.tries + 1, "next_at": now + wait}
    mine = (hubs.c.id == row.id, hubs.c.next_at == row.next_at)
    taken = connection.execute(update(hubs).where(*mine).values(values)).rowcount == 1
    return _first(connection, hubs.c.id == row.id) if taken else None


def change(connection: Connection, row: Subscription, values: dict[str, Any]) -> bool:
    """Write other values, unless it asks for something else by now; False where it does."""
    mine = (hubs.c.id == row.id, hubs.c.state == row.state, hubs.c.topic == row.topic, hubs.c.url == row.url)
    return connection.execute(update(hubs).where(*mine).values(values)).rowcount == 1


def forget(connection: Connection, row: Subscription) -> None:
    """Forget a subscription that has ended."""
    connection.execute(delete(hubs).where(hubs.c.id == row.id))


def end_unread(connection: Connection, now: datetime) -> None:
    """Let the subscriptions be ended whose source nobody reads any more."""
    theirs = select(sources.c.id).where(sources.c.id == hubs.c.source_id, sources.c.next_poll_at.is_(None))
    unread = (hubs.c.state != LEAVING, theirs.exists())
    connection.execute(update(hubs).where(*unread).values(state=LEAVING, next_at=now, tries=0))


def _first(connection: Connection, which: Any) -> Subscription | None:
    row = connection.execute(_ALL.where(which)).first()
    return Subscription(*row) if row is not None else None
