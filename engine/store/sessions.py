"""Who a credential stands for: a session by cookie, or an API key, both found by the SHA-256 of what was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, or_, select, update

from engine.store.bulk import insert
from engine.store.tables import api_keys, memberships, sessions, users, workspaces
from engine.store.unit import no_snapshot
from engine.store.users import ACTIVE, User
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in; `how` is `password` or `code`, `expires_at` its end whatever is done meanwhile."""

    hash: str
    user_id: str
    how: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """The API key that was shown."""

    id: str
    name: str
    scopes: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """A user who is let in by a session or a key; workspace and role are None where the user is not in it."""

    user: User
    session: Session | None = None
    key: Key | None = None
    workspace: Workspace | None = None
    role: str | None = None
    person_id: str | None = None


_USER: Final = tuple(users.c[name] for name in ("id", "name", "email", "admin", "state", "created_at"))
_WHERE: Final = (
    *(workspaces.c[name] for name in Workspace.__dataclass_fields__),
    memberships.c.role,
    memberships.c.person_id,
)
_SESSION: Final = tuple(sessions.c[name] for name in Session.__dataclass_fields__)
_KEY: Final = tuple(api_keys.c[name] for name in Key.__dataclass_fields__)
_IN_IT: Final = and_(memberships.c.workspace_id == workspaces.c.id, memberships.c.user_id == users.c.id)
_LET_IN: Final = users.c.state == ACTIVE

_BY_SESSION: Final = (
    select(*_SESSION, *_USER, *_WHERE)
    .select_from(sessions)
    .join(users, and_(users.c.id == sessions.c.user_id, _LET_IN))
    .outerjoin(workspaces, workspaces.c.name == bindparam("name"))
    .outerjoin(memberships, _IN_IT)
    .where(
        sessions.c.hash == bindparam("hash"),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
    )
)
_BY_KEY: Final = (
    select(*_KEY, *_USER, *_WHERE)
    .select_from(api_keys)
    .join(users, and_(users.c.id == api_keys.c.user_id, _LET_IN))
    .outerjoin(
        workspaces,
        and_(
            workspaces.c.id == api_keys.c.workspace_id,
            or_(workspaces.c.name == bindparam("name"), bindparam("name") == ""),
        ),
    )
    .outerjoin(memberships, _IN_IT)
    .where(
        api_keys.c.hash == bindparam("hash"),
        api_keys.c.revoked_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
    )
)


def begin(connection: Connection, session: Session) -> None:
    """Keep a new session; those that are over are deleted."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
    names = tuple(Session.__dataclass_fields__)
    row = ("", *(getattr(session, name) for name in names))
    insert(connection, sessions, ("workspace_id", *names), [row])


def end(connection: Connection, session_hash: str) -> None:
    """End a session; one that is over already stays so."""
    connection.execute(delete(sessions).where(sessions.c.hash == session_hash))


def seen(connection: Connection, session_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.hash == session_hash).values(seen_at=now))


def used(connection: Connection, key_id: str, now: datetime) -> None:
    """Note that a key is in use."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


@no_snapshot
def by_session(
    connection: Connection, session_hash: str, workspace: str, now: datetime, *, idle: timedelta
) -> Known | None:
    """Return who a session is, and what they are in a workspace of that name; None where it lets nobody in."""
    given = {"hash": session_hash, "name": workspace, "now": now, "idle_since": now - idle}
    row = connection.execute(_BY_SESSION, given).first()
    return None if row is None else _known(tuple(row), len(_SESSION), session=Session(*row[: len(_SESSION)]))


@no_snapshot
def by_key(connection: Connection, key_hash: str, workspace: str, now: datetime) -> Known | None:
    """Return whose key it is, in its own workspace, where that has this name or none is asked for."""
    row = connection.execute(_BY_KEY, {"hash": key_hash, "name": workspace, "now": now}).first()
    return None if row is None else _known(tuple(row), len(_KEY), key=Key(*row[: len(_KEY)]))


def _known(row: tuple[Any, ...], at: int, *, session: Session | None = None, key: Key | None = None) -> Known:
    user = User(*row[at : at + len(_USER)])
    *workspace, role, person_id = row[at + len(_USER) :]
    if role is None:
        return Known(user, session, key)
    return Known(user, session, key, Workspace(*workspace), role, person_id)
