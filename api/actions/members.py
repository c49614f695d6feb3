"""Users and what they are where: the same from the command line and over the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import naming
from engine.ids import new_id
from engine.store import access
from engine.store.access import Guest

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.store.users import Member


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
    person_id = person.id if person else None
    guest = Guest(new_id(), wanted.name, wanted.email, wanted.role, person_id, wanted.password)
    return await store.write(access.let_in, workspace_id, guest, clock.now())


async def change(store: Store, workspace_id: str, user_id: str, role: str, person: str | None) -> Member:
    """Change what a member is. Raises NotFoundError; ConflictError for the only owner."""
    found = await naming.person(store, workspace_id, person) if person else None
    return await store.write(access.change, workspace_id, user_id, role, found.id if found else None)
