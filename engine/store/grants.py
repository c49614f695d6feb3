"""Grants: the sealed right to use an account. A renewal replaces exactly the grant that it read.

A refresh token may work once. Whoever renews therefore takes the grant first, for a while, and the row says so before
anything is asked: `unanswered` counts the askings of which nobody knows whether they used the token up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from engine.errors import ConflictError
from engine.store import accounts
from engine.store.bulk import insert
from engine.store.tables import grants

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


@dataclass(frozen=True, slots=True)
class Grant:
    """A sealed grant; `version` counts from 1.

    `expires_at` is the end of what it gives access with, None where the platform names no end; from `renew_at` on it
    is renewed before it is used, None where it cannot be; at `look_at` it is looked at though nobody uses it.
    """

    sealed: str
    version: int
    expires_at: datetime | None
    updated_at: datetime
    scopes: str = ""
    renew_at: datetime | None = None
    look_at: datetime | None = None
    unanswered: int = 0


_FIELDS = tuple(Grant.__dataclass_fields__)
_COLUMNS = [grants.c[name] for name in _FIELDS]


def get(connection: Connection, workspace_id: str, account_id: str) -> Grant | None:
    """Return an account's grant, None where it has none."""
    row = connection.execute(select(*_COLUMNS).where(_mine(workspace_id, account_id))).first()
    return Grant(*row) if row is not None else None


def put(connection: Connection, workspace_id: str, account_id: str, grant: Grant) -> int:
    """Keep a grant in place of the one of `grant.version`, 0 where there was none; returns its own version.

    Raises ConflictError where another has been kept meanwhile: some platforms accept a refresh token once, and the
    grant that came first is the one that works.
    """
    values = {name: getattr(grant, name) for name in _FIELDS if name != "version"}
    if grant.version == 0:
        row = {"workspace_id": workspace_id, "account_id": account_id, **values}
        tail = "ON CONFLICT (workspace_id, account_id) DO NOTHING RETURNING version"
        written = insert(connection, grants, tuple(row), [tuple(row.values())], tail=tail)
    else:
        replaced = update(grants).where(_mine(workspace_id, account_id), grants.c.version == grant.version)
        new = values | {"version": grant.version + 1, "renewing_until": None}
        written = connection.execute(replaced.values(new).returning(grants.c.version))
    version = written.scalar()
    if version is None:
        message = "The account's grant was replaced meanwhile: read it again."
        raise ConflictError(message)
    return int(version)


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the accounts whose grant is to be looked at: unused for long, over, or left by a renewal that ended."""
    waiting = select(grants.c.account_id).where(grants.c.look_at <= now)
    return list(connection.scalars(waiting.order_by(grants.c.look_at).limit(limit)))


def take(connection: Connection, workspace_id: str, account_id: str, now: datetime, until: datetime) -> Grant | None:
    """Take a grant that is due to be renewed, until a time, and count the asking; None where there is nothing to take.

    The answer may never come. Then, when the time is over, the due tick finds the grant and it is taken again.
    """
    free = or_(grants.c.renewing_until.is_(None), grants.c.renewing_until <= now)
    wanted = update(grants).where(_mine(workspace_id, account_id), free, grants.c.renew_at <= now)
    taken = wanted.values(renewing_until=until, look_at=until, unanswered=grants.c.unanswered + 1)
    row = connection.execute(taken.returning(*_COLUMNS)).first()
    return Grant(*row) if row is not None else None


def put_off(
    connection: Connection, workspace_id: str, account_id: str, grant: Grant, until: datetime, *, answered: bool
) -> None:
    """Give a grant back unrenewed until a time; `answered` says that the old refresh token was not used up."""
    mine = update(grants).where(_mine(workspace_id, account_id), grants.c.version == grant.version)
    count = {"unanswered": 0} if answered else {}
    connection.execute(mine.values(renewing_until=None, renew_at=until, look_at=until, **count))


def refuse(connection: Connection, workspace_id: str, account_id: str, grant: Grant, note: str, now: datetime) -> bool:
    """End a grant that the platform refuses: its account is lost. Returns False where another grant came meanwhile."""
    accounts.lock_lane(connection, workspace_id, account_id)
    mine = update(grants).where(_mine(workspace_id, account_id), grants.c.version == grant.version)
    if connection.execute(mine.values(renewing_until=None, renew_at=None, look_at=None)).rowcount == 0:
        return False
    accounts.set_state(connection, workspace_id, account_id, accounts.LOST, note=note, now=now)
    return True


def spoil(
    connection: Connection, workspace_id: str, account_id: str, version: int, *, before: datetime, now: datetime
) -> bool:
    """Let a grant whose access the platform refused be renewed before its next use; tells whether it can be.

    It cannot where there is no refresh token, and need not where it is no older than `before`: then what was refused
    was fresh, and another would be refused as well.
    """
    renewable = and_(grants.c.renew_at.is_not(None), grants.c.updated_at <= before)
    mine = update(grants).where(_mine(workspace_id, account_id), grants.c.version == version, renewable)
    return connection.execute(mine.values(renew_at=now, look_at=now)).rowcount > 0


def _mine(workspace_id: str, account_id: str) -> ColumnElement[bool]:
    return and_(grants.c.workspace_id == workspace_id, grants.c.account_id == account_id)
