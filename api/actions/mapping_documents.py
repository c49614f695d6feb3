"""One mapping with the version that it runs by, and what a person may change of it by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from api.actions import changing, naming, syncing
from engine.errors import ConflictError
from engine.store import mappings
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.actions.changing import Done, Hands, Prepared
    from engine.store import Connection
    from engine.store.mappings import MappingRow, Version
    from engine.store.unit import Store
    from engine.wake import WakeQueue


SHORT: Final = 8_000
"""Characters of a document that is read at once, within some milliseconds."""


@dataclass(frozen=True, slots=True)
class Running:
    """A mapping, the version that it runs by, and that version's text; a draft has neither."""

    row: MappingRow
    version: Version | None
    text: str


async def running(store: Store, workspace_id: str, name: str) -> Running:
    """Return a mapping; raises NotFoundError."""
    found = await store.read(mappings.running, workspace_id, name)
    if found is None:
        return Running(await naming.mapping(store, workspace_id, name), None, "")  # says which there are
    return Running(*found)


def version_now(connection: Connection, workspace_id: str, name: str) -> Version | None:
    """Return the version that a mapping runs by; raises NotFoundError."""
    row = mappings.by_name(connection, workspace_id, name)
    return mappings.version(connection, workspace_id, row.version_id) if row.version_id else None


async def data_of(text: str | bytes) -> dict[str, Any] | None:
    """Return what a stored document says, as data, which nobody may change."""
    if len(text) <= SHORT:
        return _said(text)
    return (await asyncio.to_thread(load, text, "mapping")).data


@lru_cache(maxsize=128)
def _said(text: str | bytes) -> dict[str, Any] | None:
    """Return what a short document says: to hand it to a thread costs a good part of reading it."""
    return load(text, "mapping").data


async def applied(hands: Hands, wake: WakeQueue, ready: Prepared, *, confirm: bool, force: bool) -> Done:
    """Apply what was prepared, and wake what it has made due.

    Raises ConflictError where posts would lose their node and nobody has confirmed it, and where a mapping is kept in
    a repository and nobody insists.
    """
    if ready.losing and not confirm:
        raise ConflictError(
            f"{' and '.join(ready.losing)} would lose the node and go on by the version they came with: send "
            "`confirm` where that is meant."
        )
    changed = [one.mapping for one in ready.plan.mappings if one.what != "unchanged"]
    await refuse_kept(hands.store, hands.workspace.id, changed, force=force)
    done = await changing.carried_out(hands, ready)
    if done.outcome is not None:
        await changing.awaken(wake, done.outcome)
    return done


async def refuse_kept(store: Store, workspace_id: str, names: Iterable[str], *, force: bool) -> None:
    """Raise ConflictError for a mapping that is kept in a repository, unless somebody insists."""
    for kept in () if force else await syncing.kept_elsewhere(store, workspace_id, names):
        raise ConflictError(
            f"{kept.mapping} is kept in the repository {kept.repository} ({kept.path}): what is changed here lasts "
            "until its next commit or sync. Change it there, or send `force` where this is meant all the same."
        )
