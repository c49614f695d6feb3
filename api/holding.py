"""Changes that hold only while a thing is as the caller has seen it: `If-Match`, compared within what writes.

    store = held(face.store, states.thing(caller.workspace.id, "accounts", account), seen)

The first write by that store is refused where somebody has changed the thing, and the refusal says who and when, as far
as the record of changes tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from api.etags import Now
from engine.store import audit, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.etags import Seen
    from engine.store import Connection
    from engine.store.unit import Store

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that people change: `kind` and `name` as in the record of changes, `tag` its ETag as it is now."""

    workspace_id: str
    kind: str
    name: str
    tag: Callable[[Connection], str]


def held(store: Store, thing: Thing, seen: Seen) -> Store:
    """Return a store whose first write raises ChangedError, and writes nothing, where the caller has not seen that."""
    return store if seen.tags is None else _Holding(store, thing, seen)


class _Holding:
    """A store whose first write looks first whether a thing is as somebody has seen it, in the same transaction."""

    def __init__(self, store: Store, thing: Thing, seen: Seen) -> None:
        self._store = store
        self._thing = thing
        self._seen = seen
        self._looked = False
        self.dialect = store.dialect

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction, the first one only where the thing is as it was seen."""
        if self._looked:
            return await self._store.write(unit, *args, **kwargs)

        def looking(connection: Connection) -> T:
            self._look(connection)
            return unit(connection, *args, **kwargs)

        result = await self._store.write(looking)
        self._looked = True
        return result

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""
        return await self._store.read(unit, *args, **kwargs)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    def _look(self, connection: Connection) -> None:
        thing = self._thing
        turns.take(connection, f"{thing.workspace_id} {thing.kind} {thing.name}")
        tag = thing.tag(connection)
        if self._seen.fits(tag):
            return
        last = audit.latest(connection, thing.workspace_id, thing.kind, thing.name)
        self._seen.check(Now(tag, last.by, last.at) if last else Now(tag))
