"""Webhooks: the addresses of others that are called with what happens, and every call with what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, text, update

from engine.errors import ConflictError, NotFoundError
from engine.ids import earliest
from engine.store import bulk, events
from engine.store.tables import Instant, webhook_calls, webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

LIVE, DISABLED = "live", "disabled"
BY_A_PERSON = "A person disabled it."
WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is called.

    `kinds` is a JSON list; `sealed` is the signing secret, `former` the one before it, which signs too until
    `former_until`; `cursor` is the place of the last event taken up; `note` says why it is disabled.
    """

    id: str
    workspace_id: str
    name: str
    url: str
    kinds: str
    sealed: str
    cursor: str
    created_at: datetime
    updated_at: datetime
    former: str | None = None
    former_until: datetime | None = None
    state: str = LIVE
    note: str = ""
    failing_since: datetime | None = None

    def wants(self, event: events.Event) -> bool:
        """Tell whether it is called with an event."""
        return event.workspace_id in {self.workspace_id, ""} and event.kind in json.loads(self.kinds)


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one address; `next_at` is when it is tried (again), `status` what was answered last."""

    id: str
    workspace_id: str
    webhook_id: str
    event_id: str
    kind: str
    body: str
    state: str
    created_at: datetime
    next_at: datetime | None = None
    tries: int = 0
    status: int | None = None
    note: str = ""
    ended_at: datetime | None = None


_FIELDS = tuple(Webhook.__dataclass_fields__)
_CALL = tuple(Call.__dataclass_fields__)
_ALL = select(*(webhooks.c[name] for name in _FIELDS))
_CALLS = select(*(webhook_calls.c[name] for name in _CALL))


def add(connection: Connection, row: Webhook) -> None:
    """Keep a new webhook; raises ConflictError where its name is taken."""
    taken = select(webhooks.c.id).where(webhooks.c.workspace_id == row.workspace_id, webhooks.c.name == row.name)
    if connection.execute(taken).first():
        message = f"A webhook called {row.name} is there already: choose another name."
        raise ConflictError(message)
    connection.execute(insert(webhooks).values({name: getattr(row, name) for name in _FIELDS}))


def listed(connection: Connection, workspace_id: str) -> list[Webhook]:
    """Return the webhooks of a workspace by name."""
    query = _ALL.where(webhooks.c.workspace_id == workspace_id).order_by(webhooks.c.name)
    return [Webhook(*tuple(row)) for row in connection.execute(query)]


def by_name(connection: Connection, workspace_id: str, name: str) -> Webhook:
    """Return a webhook; raises NotFoundError."""
    query = _ALL.where(webhooks.c.workspace_id == workspace_id, webhooks.c.name == name)
    row = connection.execute(query).first()
    if row is None:
        message = f"There is no webhook {name} in this workspace."
        raise NotFoundError(message)
    return Webhook(*tuple(row))


def change(connection: Connection, webhook: Webhook, values: dict[str, Any], now: datetime) -> None:
    """Write other values; one that is disabled by this is told as an event."""
    mine = (webhooks.c.workspace_id == webhook.workspace_id, webhooks.c.id == webhook.id)
    if values.get("state") == DISABLED:
        was_live = update(webhooks).where(*mine, webhooks.c.state == LIVE).values(state=DISABLED)
        if connection.execute(was_live).rowcount:
            said = {"webhook": webhook.name, "detail": values.get("note", "")}
            events.write(connection, [events.news(webhook.workspace_id, "webhook.disabled", now, said)])
    connection.execute(update(webhooks).where(*mine).values(values | {"updated_at": now}))


def remove(connection: Connection, webhook: Webhook) -> None:
    """Forget a webhook with its calls."""
    mine = (webhooks.c.workspace_id == webhook.workspace_id, webhooks.c.id == webhook.id)
    connection.execute(delete(webhooks).where(*mine))


def due(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return live webhooks that nobody calls just now and for which there is something to do."""
    free = and_(webhooks.c.state == LIVE, or_(webhooks.c.busy_until.is_(None), webhooks.c.busy_until <= now))
    if connection.execute(select(webhooks.c.id).where(free).limit(1)).first() is None:
        return []
    waits = select(webhook_calls.c.id).where(
        webhook_calls.c.webhook_id == webhooks.c.id, webhook_calls.c.next_at <= now
    )
    some = or_(webhooks.c.cursor < events.head(connection), waits.exists())
    return list(connection.scalars(select(webhooks.c.id).where(free, some).limit(most)))


def take(connection: Connection, webhook_id: str, now: datetime, until: datetime) -> Webhook | None:
    """Take a live webhook for a while; None where another process has it."""
    free = or_(webhooks.c.busy_until.is_(None), webhooks.c.busy_until <= now)
    mine = update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.state == LIVE, free)
    if connection.execute(mine.values(busy_until=until)).rowcount == 0:
        return None
    return Webhook(*tuple(connection.execute(_ALL.where(webhooks.c.id == webhook_id)).one()))


def give_back(connection: Connection, webhook_id: str, until: datetime) -> None:
    """Let others take what was taken until then; nothing where it is another's by now."""
    mine = (webhooks.c.id == webhook_id, webhooks.c.busy_until == until)
    connection.execute(update(webhooks).where(*mine).values(busy_until=None))


def take_up(connection: Connection, webhook: Webhook, calls: Sequence[Call], place: str) -> None:
    """Write the calls for the events up to a place, once, whoever else does it."""
    mine = update(webhooks).where(webhooks.c.id == webhook.id, webhooks.c.cursor == webhook.cursor)
    if connection.execute(mine.values(cursor=place)).rowcount:
        keep(connection, calls)


def keep(connection: Connection, calls: Sequence[Call]) -> None:
    """Write calls."""
    bulk.insert(connection, webhook_calls, _CALL, [[getattr(call, name) for name in _CALL] for call in calls])


def due_calls(connection: Connection, webhook_id: str, now: datetime, most: int) -> list[Call]:
    """Return what is to be sent, what waits longest first."""
    mine = _CALLS.where(webhook_calls.c.webhook_id == webhook_id, webhook_calls.c.next_at <= now)
    query = mine.order_by(webhook_calls.c.next_at, webhook_calls.c.id).limit(most)
    return [Call(*tuple(row)) for row in connection.execute(query)]


def settle(connection: Connection, webhook: Webhook, tried: Sequence[Call], now: datetime) -> None:
    """Write what came of calls, and since when the address has taken none."""
    names = ("state", "next_at", "tries", "status", "note", "ended_at")
    for call in tried:
        values = {name: getattr(call, name) for name in names}
        connection.execute(update(webhook_calls).where(webhook_calls.c.id == call.id).values(values))
    mine = update(webhooks).where(webhooks.c.id == webhook.id)
    if any(call.state == DELIVERED for call in tried):
        connection.execute(mine.values(failing_since=None))
    elif tried:
        connection.execute(mine.values(failing_since=func.coalesce(webhooks.c.failing_since, now, type_=Instant())))


def calls(
    connection: Connection, webhook: Webhook, *, state: str | None = None, before: str | None = None, limit: int = 50
) -> list[Call]:
    """Return the calls of a webhook, newest first, those under `before`."""
    mine = and_(webhook_calls.c.workspace_id == webhook.workspace_id, webhook_calls.c.webhook_id == webhook.id)
    query = _CALLS.where(mine).order_by(webhook_calls.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(webhook_calls.c.state == state)
    if before is not None:
        query = query.where(webhook_calls.c.id < before)
    return [Call(*tuple(row)) for row in connection.execute(query)]


def redeliver(connection: Connection, webhook: Webhook, call_id: str, now: datetime) -> Call:
    """Let a message be sent again at once, with a schedule of its own; raises NotFoundError."""
    mine = and_(webhook_calls.c.workspace_id == webhook.workspace_id, webhook_calls.c.webhook_id == webhook.id)
    this = and_(mine, webhook_calls.c.id == call_id)
    again = {"state": WAITING, "next_at": now, "tries": 0, "ended_at": None}
    if connection.execute(update(webhook_calls).where(this).values(again)).rowcount == 0:
        message = f"There is no message {call_id} of the webhook {webhook.name}; ended ones are kept for 30 days."
        raise NotFoundError(message)
    return Call(*tuple(connection.execute(_CALLS.where(this)).one()))


def restored(connection: Connection) -> None:
    """Go on at the same event in a database that was restored on another server."""
    for row in connection.execute(select(webhooks.c.id, webhooks.c.cursor)).all():
        place = events.known(connection, row.cursor)
        if place != row.cursor:
            connection.execute(update(webhooks).where(webhooks.c.id == row.id).values(cursor=place))


def retire(connection: Connection, before: datetime, most: int) -> int:
    """Forget calls that ended before then."""
    return connection.execute(_RETIRE, {"before": before, "head": earliest(before), "most": most}).rowcount


_RETIRE = text(
    "DELETE FROM webhook_calls WHERE id IN (SELECT old.id FROM webhook_calls old"
    " WHERE old.id < :head AND old.ended_at < :before ORDER BY old.id LIMIT :most)"
).bindparams(bindparam("before", type_=Instant))
