"""Keys of programs: each belongs to a user in one workspace, and only its hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from engine.errors import NotFoundError
from engine.store.bulk import insert
from engine.store.tables import api_keys

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key; `prefix` is the part that people know it by, `scopes` what it is for, with spaces between."""

    workspace_id: str
    id: str
    user_id: str
    name: str
    prefix: str
    scopes: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


_FIELDS: Final = tuple(ApiKey.__dataclass_fields__)
_ALL: Final = select(*(api_keys.c[name] for name in _FIELDS))


def add(connection: Connection, key: ApiKey, key_hash: str) -> None:
    """Keep a new key by the SHA-256 of it."""
    row = (*(getattr(key, name) for name in _FIELDS), key_hash)
    insert(connection, api_keys, (*_FIELDS, "hash"), [row])


def listed(
    connection: Connection, workspace_id: str, user_id: str | None = None, *, after: str = "", most: int | None = None
) -> list[ApiKey]:
    """Return the keys of a workspace, of one user or of all, oldest first: those after an id, so many at most."""
    query = _ALL.where(api_keys.c.workspace_id == workspace_id, api_keys.c.id > after).limit(most)
    if user_id is not None:
        query = query.where(api_keys.c.user_id == user_id)
    return [ApiKey(*row) for row in connection.execute(query.order_by(api_keys.c.id))]


def get(connection: Connection, workspace_id: str, key_id: str, user_id: str | None = None) -> ApiKey:
    """Return a key, where a user is named only one of that user; raises NotFoundError."""
    query = _ALL.where(api_keys.c.workspace_id == workspace_id, api_keys.c.id == key_id)
    row = connection.execute(query if user_id is None else query.where(api_keys.c.user_id == user_id)).first()
    if row is None:
        raise NotFoundError(f"There is no API key {key_id} in this workspace.")
    return ApiKey(*row)


def revoke(
    connection: Connection, workspace_id: str, key_id: str, user_id: str | None = None, *, now: datetime
) -> ApiKey:
    """End a key at once; one that was revoked before keeps its time. Raises NotFoundError."""
    get(connection, workspace_id, key_id, user_id)
    mine = (api_keys.c.workspace_id == workspace_id, api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    connection.execute(update(api_keys).where(*mine).values(revoked_at=now))
    return get(connection, workspace_id, key_id)
