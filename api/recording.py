"""The record of who changed what: kept by the first write that is made on somebody's behalf, in its transaction.

Whoever calls is known in one place of the API (`api.deps`) and one of the command line (`api.cli.session`): there
`begin` says who acts. Nothing else has to think of the record. What writes nothing leaves none, and neither does what
is refused before it writes.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from engine.store import audit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.store import Connection
    from engine.store.audit import Entry
    from engine.store.unit import Store

T = TypeVar("T")
P = ParamSpec("P")

LONGEST: Final = 200
"""Characters that are kept of a value."""

MANY: Final = 20
"""Values that are kept of a list."""

MASK: Final = "•••"
_SECRET: Final = re.compile(r"passw|secret|token|code|sealed|private|credential|^old$|^value$|(^|_)key$", re.IGNORECASE)


@dataclass(slots=True)
class _Act:
    """What somebody does; `make` gives the entry, once it is needed, and `found` what was learnt on the way to it."""

    make: Callable[[], Entry]
    kept: bool = False
    found: dict[str, Any] = field(default_factory=dict)


_ACT: ContextVar[_Act | None] = ContextVar("act", default=None)


def begin(make: Callable[[], Entry]) -> None:
    """Say that what is done from now on, in this task and those that it begins, is what `make` says."""
    _ACT.set(_Act(make))


def end() -> None:
    """Say that nobody acts any more in this task."""
    _ACT.set(None)


def note(**found: Any) -> None:
    """Say more of what is being done than was given, such as which mappings a plan holds; before the first write."""
    act = _ACT.get()
    if act is not None:
        act.found.update(found)


class RecordingStore:
    """A store whose first write on somebody's behalf keeps the entry too, in the same transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.dialect = store.dialect

    async def write(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in a transaction, and keep who asked for it."""
        act = _ACT.get()
        if act is None or act.kept:
            return await self._store.write(unit, *args, **kwargs)
        entry = _with(act.make(), act.found)

        def recorded(connection: Connection) -> T:
            result = unit(connection, *args, **kwargs)
            audit.write(connection, entry)
            return result

        result = await self._store.write(recorded)
        act.kept = True
        return result

    async def read(self, unit: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads."""
        return await self._store.read(unit, *args, **kwargs)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()


def _with(entry: Entry, found: Mapping[str, Any]) -> Entry:
    if not found:
        return entry
    return replace(entry, given=summary(json.loads(entry.given) | found))


def summary(given: Mapping[str, Any]) -> str:
    """Return what was given as JSON: short values as they are, of what is nested its names, of secrets nothing. Pure.

    Addresses are kept without user, query and fragment, where keys of their servers stand.
    """
    kept = {name: MASK if _SECRET.search(name) else _short(value) for name, value in given.items()}
    return json.dumps({name: value for name, value in kept.items() if value is not None}, ensure_ascii=False)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted(map(str, value))[:MANY]
    if isinstance(value, list | tuple):
        return [_short(each) for each in value[:MANY]] if len(value) <= MANY else f"{len(value)} values"
    if isinstance(value, str):
        cut = bare(value)
        return cut if len(cut) <= LONGEST else f"{cut[: LONGEST - 1]}…"
    return value


def bare(text: str) -> str:
    """Return an address without user, query and fragment, and any other text as it is. Pure."""
    if not re.match(r"[a-z][a-z0-9+.-]*://", text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return MASK
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
