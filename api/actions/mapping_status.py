"""How mappings do, node by node."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.actions import naming
from engine.errors import MappingError
from engine.store import activity, mappings, missed, pauses
from engine.store.pauses import Scope
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from engine.contract.registry import Registry
    from engine.store.mappings import MappingRow
    from engine.store.unit import Store

OPEN = ("due", "planned", "waiting", "sending", "blocked", "doubtful", "check_needed")
ENDED = ("sent", "rejected", "expired", "cancelled", "dropped")
WHATS = ("held", *OPEN, *ENDED)


@dataclass(slots=True)
class NodeStatus:
    """One node: its kind (empty where the current version has no such node any more), its numbers, its last trace."""

    node: str
    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MappingStatus:
    """One mapping: draft, active, paused or removed, and its nodes from the sources to the sinks.

    `missed` counts the posts that came in while the mapping was paused and wait until it is resumed.
    """

    row: MappingRow
    state: str
    nodes: tuple[NodeStatus, ...]
    missed: int = 0

    @property
    def total(self) -> Counter[str]:
        """Return the numbers of all nodes."""
        return sum((node.counts for node in self.nodes), Counter[str]())

    @property
    def last_at(self) -> datetime | None:
        """Return when something last happened at one of them."""
        return max((node.last_at for node in self.nodes if node.last_at), default=None)


async def statuses(
    store: Store, workspace_id: str, registry: Registry, now: datetime, *, name: str | None = None, back: timedelta
) -> list[MappingStatus]:
    """Return how all mappings do, or one; what has ended is counted `back` from now. Raises NotFoundError."""
    rows = (
        [await naming.mapping(store, workspace_id, name)] if name else await store.read(mappings.listed, workspace_id)
    )
    stopped = await store.read(pauses.paused, workspace_id)
    found: dict[tuple[str, str], NodeStatus] = {}
    order: dict[str, list[NodeStatus]] = {row.id: [] for row in rows}

    def at(mapping_id: str, node: str, kind: str = "") -> NodeStatus:
        if (mapping_id, node) not in found:
            found[mapping_id, node] = NodeStatus(node, kind)
            order.setdefault(mapping_id, []).append(found[mapping_id, node])
        return found[mapping_id, node]

    for row in rows:
        for node, kind in await _nodes(store, row, registry):
            at(row.id, node, kind)
    for count in await store.read(activity.counts, workspace_id, now, now - back):
        at(count.mapping_id, count.node).counts[count.what] += int(count.number)
    for last in await store.read(activity.last, workspace_id, now - back):
        at(last.mapping_id, last.node).last_at = last.at
    waiting = [await _missed(store, row, stopped) for row in rows]
    return [
        MappingStatus(row, state_of(row, stopped), tuple(order[row.id]), came)
        for row, came in zip(rows, waiting, strict=True)
    ]


async def _missed(store: Store, row: MappingRow, stopped: Collection[tuple[str, str]]) -> int:
    if (Scope.MAPPING, row.id) not in stopped:
        return 0
    return len(await store.read(missed.listed, row.workspace_id, row.id))


async def _nodes(store: Store, row: MappingRow, registry: Registry) -> list[tuple[str, str]]:
    if row.version_id is None:
        return []
    try:
        graph = compile_document(await store.read(mappings.document, row.version_id), registry)
    except MappingError:
        return []
    sources = [(name, node.source.kind) for name, node in graph.sources.items()]
    operators = [(name, node.operator.kind) for name, node in graph.operators.items()]
    return [*sources, *operators, *((name, node.sink.kind) for name, node in graph.sinks.items())]


def state_of(row: MappingRow, stopped: Collection[tuple[str, str]]) -> str:
    """Return whether a mapping is draft, active, paused or removed, by what is paused in its workspace."""
    covers = any(scope in {Scope.EVERYTHING, Scope.WORKSPACE} or (scope, key) == (Scope.MAPPING, row.id)
                 for scope, key in stopped)  # fmt: skip
    return shown(row.state, stopped=covers)


def shown(state: str, *, stopped: bool) -> str:
    """Return how a mapping is, where something stops it or nothing does: what does not run is not paused."""
    return "paused" if stopped and state == mappings.ACTIVE else state
