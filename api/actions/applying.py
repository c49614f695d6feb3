"""Apply mapping files: all of them are linted, then saved and activated in one transaction, or none is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.errors import NotFoundError
from engine.store import accounts, mappings, people, secrets
from engine.store.joins import Reading
from engine.store.mappings import Draft
from mappings.compiling import graph_of, meaning
from mappings.document import ROLES
from mappings.findings import FindingsError
from mappings.loading import load
from mappings.workspace import Known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.graph import Graph
    from engine.store.mappings import MappingRow
    from engine.store.unit import Store
    from mappings.lint import Checked


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a file does, or did, to its mapping.

    `what` is new, changed or unchanged; `added`, `removed` and `altered` name nodes as `sources.blog`; `backlog` counts
    older posts that are routed at once, since `first_run` asks for them.
    """

    mapping: str
    file: str
    what: str
    number: int
    sources: int
    operators: int
    sinks: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    backlog: int = 0


@dataclass(frozen=True, slots=True)
class _Ready:
    """A mapping that may be saved."""

    draft: Draft
    title: str
    readings: tuple[Reading, ...]


async def known_names(store: Store, workspace_id: str) -> Known:
    """Return the names that a mapping may use of its workspace."""
    rows = await store.read(accounts.listed, workspace_id)
    groups = await store.read(people.listed_groups, workspace_id)
    return Known({row.name: row.platform for row in rows if not row.implicit}, frozenset(each.name for each in groups))


async def changes(store: Store, workspace_id: str, checked: Sequence[Checked]) -> list[Change]:
    """Return what applying these files would do; raises FindingsError where one of them has errors."""
    refuse(checked)
    return [await _change(store, workspace_id, one) for one in checked]


async def apply(store: Store, workspace_id: str, checked: Sequence[Checked], now: datetime) -> list[Change]:
    """Save and activate these files in one transaction; raises FindingsError where one of them has errors."""
    planned = await changes(store, workspace_id, checked)
    rows = {row.name: row.id for row in await store.read(accounts.listed, workspace_id)}
    ready = [_ready(one, rows) for one in checked]
    done = await store.write(_apply, workspace_id, ready, now)
    return [
        replace(change, number=number, backlog=backlog) for change, (number, backlog) in zip(planned, done, strict=True)
    ]


async def missing_secrets(store: Store, workspace_id: str, checked: Sequence[Checked]) -> list[str]:
    """Return the secrets that these mappings name and nobody has set."""
    there = await store.read(secrets.listed, workspace_id)
    named = {name for one in checked for node in one.nodes.values() for name in node.secrets().values()}
    return sorted(named - there.keys())


def refuse(checked: Sequence[Checked]) -> None:
    """Raise FindingsError with the remarks on all files where one of them has errors."""
    if not all(one.usable for one in checked):
        raise FindingsError([finding for one in checked for finding in one.findings])


def _apply(connection: Connection, workspace_id: str, ready: Sequence[_Ready], now: datetime) -> list[tuple[int, int]]:
    done = []
    for one in ready:
        saved = mappings.save_version(connection, workspace_id, one.draft, now)
        joined = mappings.activate(connection, workspace_id, saved.version_id, one.title, one.readings, now)
        done.append((saved.number, len(joined.posts)))
    return done


def _ready(checked: Checked, account_ids: dict[str, str]) -> _Ready:
    graph = graph_of(checked)
    draft = Draft(graph.mapping, graph.title, checked.loaded.resolved, meaning(checked), checked.loaded.file)
    return _Ready(draft, graph.title, readings_of(graph, account_ids))


def readings_of(graph: Graph, account_ids: dict[str, str]) -> tuple[Reading, ...]:
    """Return what the sources of a mapping read."""
    return tuple(
        Reading(
            node=name,
            kind=node.source.kind,
            identity=node.source.identity(),
            settings=node.source.config.model_dump_json(by_alias=True),
            every=node.every,
            account_id=account_ids[node.account] if node.account else None,
            first_run=node.first_run,
        )
        for name, node in graph.sources.items()
    )


async def _change(store: Store, workspace_id: str, checked: Checked) -> Change:
    document = checked.document
    if document is None:
        raise FindingsError(checked.findings)
    counted = (len(document.sources), len(document.operators), len(document.sinks))
    try:
        row = await store.read(mappings.by_name, workspace_id, document.mapping)
    except NotFoundError:
        return Change(document.mapping, checked.loaded.file, "new", 1, *counted)
    newest = (await store.read(mappings.versions, workspace_id, row.id))[0]
    if newest.hash == meaning(checked) and row.version_id == newest.id:
        return Change(document.mapping, checked.loaded.file, "unchanged", newest.number, *counted)
    before = await _nodes_before(store, row)
    after = _nodes(checked.loaded.data)
    return Change(
        document.mapping,
        checked.loaded.file,
        "changed",
        newest.number + (newest.hash != meaning(checked)),
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
