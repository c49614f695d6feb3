"""People: added, with the groups that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.actions import naming
from engine.ids import new_id
from engine.store import people
from engine.store.people import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.store import Connection
    from engine.store.unit import Store


async def add(
    store: Store, workspace_id: str, name: str, email: str | None, *, groups: Sequence[str], now: datetime
) -> Person:
    """Add a person to groups that are there. Raises NotFoundError for a group, ConflictError for a name twice."""
    wanted = [await naming.group(store, workspace_id, each) for each in groups]
    person = Person(new_id(), workspace_id, name, now, email)
    await store.write(_add, person, wanted)
    return person


def change(
    connection: Connection, workspace_id: str, person_id: str, email: str | None, *, mailed: bool | None
) -> None:
    """Change where a person is written to, and whether of posts at all; None stays as it is."""
    if email is not None:
        people.set_email(connection, workspace_id, person_id, email)
    if mailed is not None:
        people.set_mailed(connection, workspace_id, person_id, mailed=mailed)


def _add(connection: Connection, person: Person, groups: Sequence[str]) -> None:
    people.add(connection, person)
    for group in groups:
        people.enter(connection, person.workspace_id, group, [person.id])
