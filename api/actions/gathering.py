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


def _add(connection: Connection, person: Person, groups: Sequence[str]) -> None:
    people.add(connection, person)
    for group in groups:
        people.enter(connection, person.workspace_id, group, [person.id])
