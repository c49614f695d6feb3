"""What applying mapping files would change, before anything is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import NotFoundError
from engine.store import mappings, secrets
from mappings.changing import changes
from mappings.changing.knowing import known_names
from mappings.compiling import meaning
from mappings.document import ROLES
from mappings.findings import FindingsError
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from engine.contract.registry import Registry
    from engine.store.mappings import MappingRow
    from engine.store.unit import Store
    from mappings.changing.changes import Change
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Difference:
    """What applying a file does to its mapping.

    `what` is new, changed or unchanged; `version` the number it gets; `added`, `removed` and `altered` name nodes as
    `sources.blog`.
    """

    mapping: str
    file: str
    what: str
    version: int
    sources: int
    operators: int
    sinks: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


async def checked(
    store: Store,
    registry: Registry,
    change: Change,
    now: datetime | None = None,
    told: Callable[[int, int], None] | None = None,
) -> list[Checked]:
    """Lint files against what the workspace has; with `now`, what depends on the day and on what came lately too."""
    known = await store.read(known_names, change.workspace_id, registry, now)
    day = now.date() if now is not None else None
    return await asyncio.to_thread(changes.check_all, change, registry, known, told, day)


async def checked_files(
    store: Store, registry: Registry, change: Change, told: Callable[[int, int], None] | None = None
) -> list[Checked]:
    """Lint files against what the workspace has; raises FindingsError where one of them has errors."""
    found = await checked(store, registry, change, told=told)
    if not all(one.usable for one in found):
        raise FindingsError([finding for one in found for finding in one.findings])
    return found


async def differences(store: Store, workspace_id: str, checked: Sequence[Checked]) -> list[Difference]:
    """Return what applying these files would do."""
    return [await _difference(store, workspace_id, one) for one in checked]


async def missing_secrets(store: Store, workspace_id: str, checked: Sequence[Checked]) -> list[str]:
    """Return the secrets that these mappings name and nobody has set."""
    there = await store.read(secrets.listed, workspace_id)
    named = {name for one in checked for node in one.nodes.values() for name in node.secrets().values()}
    return sorted(named - there.keys())


async def _difference(store: Store, workspace_id: str, checked: Checked) -> Difference:
    document = checked.document
    if document is None:
        raise FindingsError(checked.findings)
    file, counted = checked.loaded.file, (len(document.sources), len(document.operators), len(document.sinks))
    try:
        row = await store.read(mappings.by_name, workspace_id, document.mapping)
    except NotFoundError:
        return Difference(document.mapping, file, "new", 1, *counted)
    newest = (await store.read(mappings.versions, workspace_id, row.id))[0]
    same = newest.hash == meaning(checked)
    if same and row.version_id == newest.id:
        return Difference(document.mapping, file, "unchanged", newest.number, *counted)
    before, after = await _nodes_before(store, row), _nodes(checked.loaded.data)
    return Difference(
        document.mapping,
        file,
        "changed",
        newest.number + (not same),
        *counted,
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        altered=tuple(name for name, data in after.items() if name in before and before[name] != data),
    )


async def _nodes_before(store: Store, row: MappingRow) -> dict[str, Any]:
    if row.version_id is None:
        return {}
    return _nodes(load(await store.read(mappings.document, row.version_id), row.name).data)


def _nodes(data: dict[str, Any] | None) -> dict[str, Any]:
    sections = {role: (data or {}).get(role) or {} for role in ROLES}
    return {f"{role}.{name}": node for role, section in sections.items() for name, node in section.items()}
