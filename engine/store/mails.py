"""The outbox: mails that wait until a server takes them, each sent by one worker at a time.

A worker takes a mail for `LEASE` and counts the try; only who holds the last try writes what became of it. One that is
killed after the server took the mail and before that was written leaves it waiting, so it is sent again: at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, literal_column, or_, select, update

from engine.store import events
from engine.store.bulk import insert
from engine.store.tables import mails

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

INSTANCE: Final = ""
"""Whose mails to users are that belong to no workspace: codes for signing in."""

LEASE: Final = timedelta(minutes=5)
"""Longer than all steps of a mail may take together."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
OVER: Final = "What it was to tell is decided, or has changed."
"""Why a mail is given up that nobody needs any more: no trouble."""


class MailState(StrEnum):
    """Where a mail stands; the last three are ends."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address. `key` is its own among those of its workspace, which is empty for the whole instance.

    `document` is what it says, as JSON: {"subject", "text", "html", "headers"}; empty where that is made from the rows
    when it is sent. After `until` nobody tries any more. `tries` is the worker's fence.
    """

    id: str
    workspace_id: str
    kind: str
    key: str
    address: str
    due_at: datetime
    until: datetime
    created_at: datetime
    name: str = ""
    document: str = ""
    person_id: str | None = None
    state: str = MailState.WAITING
    note: str = ""
    tries: int = 0
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a try; `due_at` is the next one's, for a mail that goes on waiting."""

    state: MailState
    note: str
    at: datetime
    due_at: datetime | None = None


_FIELDS: Final = tuple(Mail.__dataclass_fields__)
_ALL: Final = select(*(mails.c[name] for name in _FIELDS))


def add(connection: Connection, mail: Mail) -> bool:
    """Put a mail into the outbox; False where one of its key is there."""
    row = tuple(getattr(mail, name) for name in _FIELDS)
    tail = "ON CONFLICT (workspace_id, key) DO NOTHING RETURNING id"
    return insert(connection, mails, _FIELDS, [row], tail=tail).first() is not None


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the mails to be sent, the longest due first."""
    query = select(mails.c.id).where(*_free(now)).order_by(mails.c.due_at).limit(limit)
    return list(connection.scalars(query))


def take(connection: Connection, mail_id: str, now: datetime) -> Mail | None:
    """Take a mail that is due for a while, and count the try; None where another has it, or it has come to its end."""
    values = {"lease_until": now + LEASE, "tries": mails.c.tries + 1}
    taken = update(mails).where(mails.c.id == mail_id, *_free(now)).values(values).returning(*_ALL.selected_columns)
    row = connection.execute(taken).first()
    return Mail(*row) if row is not None else None


def settle(connection: Connection, mail: Mail, fate: Fate) -> bool:
    """Write what became of a try; False, and nothing is written, where another has taken the mail since."""
    values: dict[str, Any] = {"state": fate.state, "note": fate.note, "lease_until": None}
    if fate.due_at is not None:
        values["due_at"] = fate.due_at
    if fate.state is MailState.SENT:
        values["sent_at"] = fate.at
    mine = (mails.c.id == mail.id, mails.c.state == MailState.WAITING, mails.c.tries == mail.tries)
    settled = connection.execute(update(mails).where(*mine).values(values)).rowcount > 0
    lost = fate.state in {MailState.REFUSED, MailState.GIVEN_UP} and fate.note != OVER
    if settled and lost and mail.workspace_id:  # a mail of the instance, such as a code, is nobody else's matter
        said = {"mail": mail.id, "kind": mail.kind, "person": mail.person_id, "detail": fate.note}
        events.write(connection, [events.news(mail.workspace_id, "mail.given_up", fate.at, said)])
    return settled


def listed(connection: Connection, owners: Sequence[str], limit: int = 20, *, before: str | None = None) -> list[Mail]:
    """Return the newest mails of workspaces, of the instance too where `INSTANCE` is among them; newest first."""
    here = _ALL.where(mails.c.workspace_id.in_(owners), *([] if before is None else [mails.c.id < before]))
    return [Mail(*row) for row in connection.execute(here.order_by(mails.c.id.desc()).limit(limit))]


def counts(connection: Connection, owners: Sequence[str]) -> dict[str, int]:
    """Return how many mails of workspaces, of the instance too where `INSTANCE` is among them, stand in each state."""
    query = select(mails.c.state, func.count()).where(mails.c.workspace_id.in_(owners))
    found = dict.fromkeys(MailState, 0)
    for state, number in connection.execute(query.group_by(mails.c.state)):
        found[MailState(state)] = number
    return {state.value: number for state, number in found.items()}


def troubles(connection: Connection, owners: Sequence[str], since: datetime) -> list[Mail]:
    """Return the mails since then that were refused or given up, or that wait though they were tried, newest first."""
    tried = or_(
        mails.c.state.in_([MailState.REFUSED, MailState.GIVEN_UP]),
        (mails.c.state == MailState.WAITING) & (mails.c.tries > 0) & (mails.c.note != ""),
    )
    here = (mails.c.workspace_id.in_(owners), mails.c.created_at >= since, mails.c.note != OVER)
    return [Mail(*row) for row in connection.execute(_ALL.where(*here, tried).order_by(mails.c.id.desc()).limit(20))]


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    open_to_all = or_(mails.c.lease_until.is_(None), mails.c.lease_until <= now)
    waits = mails.c.state == literal_column(f"'{MailState.WAITING}'")  # written out, so that SQLite sees the index
    return waits, mails.c.due_at <= now, open_to_all
