"""Answers that are given again: what a request with an `Idempotency-Key` was answered, for a day.

A key is taken before its request is worked on, and the answer is kept after it. A process that dies in between leaves
a key without an answer, which somebody who asks again may take over after a while.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.store.tables import idempotency_keys as keys

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a key: whose it is, and a hash over all that the request asks for.

    `workspace_id` is empty outside of all workspaces; `user_id` is that of a user, or of the API key that was shown.
    """

    workspace_id: str
    user_id: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept under a key; `status` is None while the first request is being worked on."""

    request_hash: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes


def take(connection: Connection, use: Use, now: datetime, dead_before: datetime) -> Kept | None:
    """Take a key, and return None; or what is kept under it, where it was taken before.

    A key that was taken before `dead_before` and has no answer is taken over by the same request.
    """
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    values = {
        "workspace_id": use.workspace_id, "user_id": use.user_id, "key": use.key, "request_hash": use.request_hash,
        "created_at": now,
    }  # fmt: skip
    if connection.execute(insert(keys).values(values).on_conflict_do_nothing()).rowcount:
        return None
    abandoned = (keys.c.status.is_(None), keys.c.created_at < dead_before, keys.c.request_hash == use.request_hash)
    if connection.execute(update(keys).where(*_is(use), *abandoned).values(created_at=now)).rowcount:
        return None
    row = connection.execute(
        select(keys.c.request_hash, keys.c.status, keys.c.headers, keys.c.body).where(*_is(use))
    ).one()
    pairs = tuple((str(name), str(value)) for name, value in json.loads(row.headers))
    return Kept(row.request_hash, row.status, pairs, row.body or b"")


def hold(connection: Connection, use: Use, now: datetime) -> None:
    """Say that the request which has taken the key is worked on still."""
    waiting = (keys.c.status.is_(None), keys.c.request_hash == use.request_hash)
    connection.execute(update(keys).where(*_is(use), *waiting).values(created_at=now))


def keep(connection: Connection, use: Use, kept: Kept) -> None:
    """Keep the answer to the request that has taken the key."""
    connection.execute(
        update(keys)
        .where(*_is(use), keys.c.request_hash == kept.request_hash)
        .values(status=kept.status, headers=json.dumps(kept.headers), body=kept.body)
    )


def give_back(connection: Connection, use: Use) -> None:
    """Forget a key whose request came to nothing: the next one with it is the first."""
    connection.execute(delete(keys).where(*_is(use), keys.c.status.is_(None)))


def _is(use: Use) -> tuple[ColumnElement[bool], ...]:
    return keys.c.workspace_id == use.workspace_id, keys.c.user_id == use.user_id, keys.c.key == use.key
