"""Codes that were mailed, each for one sign-in, and how often signing in failed, so that the next try waits longer."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from engine.store.bulk import insert
from engine.store.tables import login_codes, login_tries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""How long after the last failure a door is as it was."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code under way: `hash` is of the request that it answers, `code_hash` of both together."""

    hash: str
    user_id: str
    code_hash: str
    tries_left: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Door:
    """Something that tries are counted for: after `free` failures the wait begins with `first` and doubles."""

    hash: str
    free: int
    first: timedelta
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long nobody may try again after so many failures."""
        over = failures - self.free
        if over <= 0:
            return timedelta(0)
        return min(self.longest, self.first * (1 << min(over - 1, 20)))


def begin(connection: Connection, code: Code, now: datetime) -> None:
    """Keep a code; those that are over are deleted."""
    connection.execute(delete(login_codes).where(login_codes.c.expires_at <= now))
    names = tuple(Code.__dataclass_fields__)
    row = ("", *(getattr(code, name) for name in names))
    insert(connection, login_codes, ("workspace_id", *names), [row])


def redeem(connection: Connection, request_hash: str, code_hash: str, now: datetime) -> str | None:
    """Use a code up and return whose it is, every other code of that user ending too; a wrong one costs a try."""
    found = connection.execute(
        select(login_codes.c.user_id, login_codes.c.code_hash, login_codes.c.tries_left)
        .where(login_codes.c.hash == request_hash, login_codes.c.expires_at > now)
        .with_for_update()
    ).first()
    if found is None:
        return None
    user_id, right, left = found
    if hmac.compare_digest(right, code_hash):
        connection.execute(delete(login_codes).where(login_codes.c.user_id == user_id))
        return str(user_id)
    this = login_codes.c.hash == request_hash
    if left <= 1:
        connection.execute(delete(login_codes).where(this))
    else:
        connection.execute(update(login_codes).where(this).values(tries_left=left - 1))
    return None


def knock(connection: Connection, doors: Sequence[Door], now: datetime) -> datetime | None:
    """Count a try at these doors before it is made; returns until when to wait, where one is closed.

    Counting first lets no number of tries at once slip through.
    """
    connection.execute(delete(login_tries).where(login_tries.c.last_at <= now - FORGOTTEN_AFTER))
    hashes = [door.hash for door in doors]
    closed: datetime | None = connection.scalar(
        select(login_tries.c.until)
        .where(login_tries.c.hash.in_(hashes), login_tries.c.until > now)
        .order_by(login_tries.c.until.desc())
        .limit(1)
    )
    if closed is not None:
        return closed
    columns = ("workspace_id", "hash", "failures", "last_at", "until")
    tail = (
        "ON CONFLICT (hash) DO UPDATE SET failures = login_tries.failures + 1, last_at = excluded.last_at "
        "RETURNING failures"
    )
    for door in sorted(doors, key=lambda each: each.hash):  # in one order, so that two never wait for each other
        failures = insert(connection, login_tries, columns, [("", door.hash, 1, now, now)], tail=tail).scalar_one()
        until = now + door.wait(failures)
        connection.execute(update(login_tries).where(login_tries.c.hash == door.hash).values(until=until))
    return None


def opened(connection: Connection, account: Door, address: Door) -> None:
    """Forget the failures of an account that was opened; its address keeps those before this try."""
    connection.execute(delete(login_tries).where(login_tries.c.hash == account.hash))
    this = login_tries.c.hash == address.hash
    values = {"failures": login_tries.c.failures - 1, "until": login_tries.c.last_at}
    connection.execute(update(login_tries).where(this).values(**values))
