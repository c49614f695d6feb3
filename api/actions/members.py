"""Users and what they are where: the same from the command line and over the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import naming
from engine.ids import new_id
from engine.store import users
from engine.store.users import ACTIVE, Member, Membership, User

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.clock import Clock
    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be let in: `person` is a name among the workspace's people, `password` a hash or None for codes."""

    name: str
    email: str
    role: str
    person: str | None = None
    password: str | None = None


async def add(store: Store, clock: Clock, workspace_id: str, wanted: Wanted) -> Member:
    """Let somebody into a workspace: a user of that address, who is made where there is none.

    The first user of an instance administers it. Raises NotFoundError for the person; ConflictError where the user is
    a member already.
    """
    person = await naming.person(store, workspace_id, wanted.person) if wanted.person else None
    return await store.write(_add, workspace_id, wanted, person.id if person else None, new_id(), clock.now())


async def change(store: Store, workspace_id: str, user_id: str, role: str, person: str | None) -> Member:
    """Change what a member is. Raises NotFoundError; ConflictError for the only owner."""
    found = await naming.person(store, workspace_id, person) if person else None
    return await store.write(_change, workspace_id, user_id, role, found.id if found else None)


def _add(
    connection: Connection, workspace_id: str, wanted: Wanted, person_id: str | None, user_id: str, now: datetime
) -> Member:
    user = users.by_email(connection, wanted.email)
    if user is None:
        first = not users.anybody(connection)
        user = User(user_id, wanted.name, users.normal(wanted.email), first, ACTIVE, now, wanted.password)
        users.add(connection, user)
    membership = Membership(workspace_id, user.id, wanted.role, person_id, now)
    users.enter(connection, membership)
    return Member(user, membership)


def _change(connection: Connection, workspace_id: str, user_id: str, role: str, person_id: str | None) -> Member:
    former = users.member(connection, workspace_id, user_id)
    users.join(connection, Membership(workspace_id, user_id, role, person_id, former.membership.created_at))
    return users.member(connection, workspace_id, user_id)
