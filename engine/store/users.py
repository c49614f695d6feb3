"""Users of the instance, and what each is in which workspace. A user who goes takes keys, sessions and codes along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, select, update

from engine.errors import ConflictError, NotFoundError
from engine.store.bulk import insert
from engine.store.tables import api_keys, login_codes, memberships, sessions, users, workspaces

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
OWNER: Final = "owner"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in; `admin` may make workspaces and users; `password` is a hash, None for codes only."""

    id: str
    name: str
    email: str
    admin: bool
    state: str
    created_at: datetime
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is in a workspace; `person_id` is who that is among its people, None for nobody."""

    workspace_id: str
    user_id: str
    role: str
    person_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A user with the membership that a list of a workspace's members shows."""

    user: User
    membership: Membership


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that a user is in, as what."""

    name: str
    membership: Membership


_FIELDS: Final = tuple(User.__dataclass_fields__)
_MEMBER: Final = tuple(Membership.__dataclass_fields__)
_USER_COLUMNS: Final = tuple(users.c[name] for name in _FIELDS)
_MEMBER_COLUMNS: Final = tuple(memberships.c[name] for name in _MEMBER)


def normal(email: str) -> str:
    """Return an address as it is kept: without spaces around it, in lower case."""
    return email.strip().casefold()


def add(connection: Connection, user: User) -> None:
    """Keep a new user; raises ConflictError where the address is taken."""
    row = ("", *(getattr(user, name) for name in _FIELDS))
    tail = "ON CONFLICT (email) DO NOTHING RETURNING id"
    if insert(connection, users, ("workspace_id", *_FIELDS), [row], tail=tail).first() is None:
        raise ConflictError(f"Somebody with the address {user.email} is there already.")


def anybody(connection: Connection) -> bool:
    """Tell whether there is a user at all."""
    return connection.scalar(select(users.c.id).limit(1)) is not None


def get(connection: Connection, user_id: str) -> User:
    """Return a user; raises NotFoundError."""
    row = connection.execute(select(*_USER_COLUMNS).where(users.c.id == user_id)).first()
    if row is None:
        raise NotFoundError(f"There is no user {user_id}.")
    return User(*row)


def by_email(connection: Connection, email: str) -> User | None:
    """Return the user with that address, None where there is none."""
    row = connection.execute(select(*_USER_COLUMNS).where(users.c.email == normal(email))).first()
    return User(*row) if row else None


def listed(connection: Connection, *, after: str = "", most: int | None = None) -> list[User]:
    """Return users, oldest first: those after an id, so many at most."""
    query = select(*_USER_COLUMNS).where(users.c.id > after).order_by(users.c.id).limit(most)
    return [User(*row) for row in connection.execute(query)]


def change(connection: Connection, user_id: str, values: dict[str, Any]) -> User:
    """Change fields of a user. Raises NotFoundError; ConflictError where nobody could administer any more."""
    user = get(connection, user_id)
    if (
        user.admin
        and user.state == ACTIVE
        and not (values.get("admin", True) and values.get("state", ACTIVE) == ACTIVE)
    ):
        _keep_an_admin(connection, user)
    if values:
        connection.execute(update(users).where(users.c.id == user_id).values(**values))
    if values.get("state") == SUSPENDED:
        forget(connection, user_id)
    return get(connection, user_id)


def forget(connection: Connection, user_id: str, *, but: str = "") -> None:
    """End the sessions of a user, but perhaps one, and the codes under way."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.hash != but))
    connection.execute(delete(login_codes).where(login_codes.c.user_id == user_id))


def remove(connection: Connection, user_id: str) -> None:
    """Delete a user with everything that lets them in. Raises NotFoundError; ConflictError for the last of a kind."""
    user = get(connection, user_id)
    if user.admin:
        _keep_an_admin(connection, user)
    for place in places(connection, user_id):
        _keep_an_owner(connection, place.membership)
    forget(connection, user_id)
    for table in (memberships, api_keys):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(delete(users).where(users.c.id == user_id))


def join(connection: Connection, membership: Membership) -> None:
    """Let a user into a workspace, or change what they are there; raises ConflictError for its only owner."""
    former = _membership(connection, membership.workspace_id, membership.user_id)
    if former is not None and membership.role != OWNER:
        _keep_an_owner(connection, former)
    row = tuple(getattr(membership, name) for name in _MEMBER)
    tail = "ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, person_id = excluded.person_id"
    insert(connection, memberships, _MEMBER, [row], tail=tail)


def enter(connection: Connection, membership: Membership) -> None:
    """Let a user into a workspace; raises ConflictError where they are in it already."""
    if _membership(connection, membership.workspace_id, membership.user_id) is not None:
        raise ConflictError("That user is a member of this workspace already: change the role instead.")
    join(connection, membership)


def leave(connection: Connection, workspace_id: str, user_id: str) -> None:
    """Take a user, and the keys made there, out of a workspace. Raises NotFoundError, ConflictError."""
    _keep_an_owner(connection, member(connection, workspace_id, user_id).membership)
    for table in (memberships, api_keys):
        connection.execute(delete(table).where(table.c.workspace_id == workspace_id, table.c.user_id == user_id))


def member(connection: Connection, workspace_id: str, user_id: str) -> Member:
    """Return a member of a workspace; raises NotFoundError."""
    membership = _membership(connection, workspace_id, user_id)
    if membership is None:
        raise NotFoundError(f"There is no member {user_id} in this workspace.")
    return Member(get(connection, user_id), membership)


def members(connection: Connection, workspace_id: str, *, after: str = "", most: int | None = None) -> list[Member]:
    """Return the members of a workspace, oldest user first: those after a user's id, so many at most."""
    query = select(*_USER_COLUMNS, *_MEMBER_COLUMNS).join(memberships, memberships.c.user_id == users.c.id)
    query = query.where(memberships.c.workspace_id == workspace_id, users.c.id > after)
    found = connection.execute(query.order_by(users.c.id).limit(most))
    size = len(_FIELDS)
    return [Member(User(*row[:size]), Membership(*row[size:])) for row in found]


def places(connection: Connection, user_id: str) -> list[Place]:
    """Return the workspaces that a user is in, by name."""
    query = select(workspaces.c.name, *_MEMBER_COLUMNS).join(memberships, memberships.c.workspace_id == workspaces.c.id)
    found = connection.execute(query.where(memberships.c.user_id == user_id).order_by(workspaces.c.name))
    return [Place(row[0], Membership(*row[1:])) for row in found]


def _membership(connection: Connection, workspace_id: str, user_id: str) -> Membership | None:
    mine = and_(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
    row = connection.execute(select(*_MEMBER_COLUMNS).where(mine)).first()
    return Membership(*row) if row else None


def _keep_an_owner(connection: Connection, membership: Membership) -> None:
    """Refuse to lose the only owner who can sign in."""
    if membership.role != OWNER:
        return
    owners = and_(memberships.c.workspace_id == membership.workspace_id, memberships.c.role == OWNER)
    able = select(memberships.c.user_id).join(users, users.c.id == memberships.c.user_id)
    _one_more(
        connection, membership.user_id, able.where(owners, users.c.state == ACTIVE),
        "This is the only owner of the workspace: make somebody else an owner first.",
    )  # fmt: skip


def _keep_an_admin(connection: Connection, user: User) -> None:
    able = select(users.c.id).where(users.c.admin.is_(True), users.c.state == ACTIVE)
    _one_more(connection, user.id, able, f"{user.name} is the only administrator: make somebody else one first.")


def _one_more(connection: Connection, user_id: str, able: Any, sentence: str) -> None:
    """Raise ConflictError where nobody else is; those found are locked, so that two cannot go at once."""
    if set(connection.scalars(able.with_for_update())) <= {user_id}:
        raise ConflictError(sentence)
