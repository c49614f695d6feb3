"""Mappings put to work: all of the files that are handed in together, or none of them.

`apply` lints every file, looks up what they name of the workspace, and then, in ONE transaction, keeps each document as
a version (unless the newest says the same), makes it its mapping's own and joins its sources. Applied again, it changes
nothing. Waking what became due is left to the caller; the due tick finds it in any case.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import NotFoundError
from engine.store import accounts, joins, mending, moving
from engine.store import mappings as rows
from engine.store.holds import key_of
from engine.store.joins import Reading
from engine.store.mappings import ACTIVE, Draft
from mappings.changing.knowing import known_names
from mappings.compiling import STEADY, graph_of, meaning
from mappings.findings import FindingsError, has_errors
from mappings.known import Known
from mappings.linting.lint import check
from mappings.linting.together import remark_together
from mappings.linting.workspace import remark_round_trips
from mappings.rehearsal.showing import show
from mappings.rules import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from engine.clock import Clock
    from engine.contract.node import Node
    from engine.contract.registry import Registry
    from engine.contract.sink import Sink
    from engine.graph import Graph
    from engine.store import Connection
    from engine.store.accounts import AccountRow
    from engine.store.mappings import Saved
    from engine.store.unit import Store
    from mappings.findings import Finding
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Change:
    """Files to apply: their contents by their names, the values of their parameters, where they come from, and who.

    `seen` is called with the name of each mapping that is there already, in the transaction that writes and while the
    mapping is held: what it raises undoes everything.
    """

    workspace_id: str
    files: Mapping[str, str | bytes]
    parameters: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    by: str = ""
    seen: Callable[[Connection, str], None] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Posts that wait at a node; where the new version has no such node, they go on by the version they came with."""

    node: str
    posts: int
    stays: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one mapping.

    `version` is its number. `joined` and `left` are the source nodes that it begins and ceases to read; one that reads
    something else now is in both. `waiting` is what its nodes hold; `mended` counts the blocked
    deliveries that go on.
    """

    mapping: str
    file: str
    what: Literal["new", "changed", "unchanged"]
    mapping_id: str
    version_id: str
    version: int
    sources: int
    operators: int
    sinks: int
    joined: tuple[str, ...]
    left: tuple[str, ...]
    waiting: tuple[Waiting, ...]
    mended: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all mappings, in the order of the files, with the warnings on them.

    What is worth waking: `source_ids` are the sources that they read, `post_ids` older posts that they take at once,
    and `release_keys` the nodes that hold posts.
    """

    mappings: tuple[Applied, ...]
    findings: tuple[Finding, ...]
    source_ids: tuple[str, ...]
    post_ids: tuple[str, ...]
    release_keys: tuple[str, ...]


async def apply(
    store: Store, registry: Registry, clock: Clock, change: Change, told: Callable[[int, int], None] | None = None
) -> Outcome:
    """Apply files; raises FindingsError with everything that is wrong with any of them, and changes nothing then.

    `told` is called in another thread after each file that was checked: how many, and of how many.
    """
    known = await store.read(known_names, change.workspace_id, registry, clock.now())
    checked = await asyncio.to_thread(check_all, change, registry, known, told, clock.now().date())
    findings = tuple(finding for one in checked for finding in one.findings)
    if has_errors(findings):
        raise FindingsError(findings)
    before = await store.read(_documents, change.workspace_id)
    plans = await asyncio.to_thread(lambda: [_plan(one, change, before, registry) for one in checked])
    applied = await store.write(_write, change, plans, clock.now())
    return Outcome(
        mappings=tuple(one.applied for one in applied),
        findings=findings,
        source_ids=tuple(dict.fromkeys(source for one in applied for source in one.source_ids)),
        post_ids=tuple(dict.fromkeys(post for one in applied for post in one.post_ids)),
        release_keys=tuple(key_of(one.applied.mapping_id, at.node) for one in applied for at in one.applied.waiting),
    )


def check_all(
    change: Change,
    registry: Registry,
    known: Known | None = None,
    told: Callable[[int, int], None] | None = None,
    today: date | None = None,
) -> list[Checked]:
    """Lint files that belong together: two of them must not be the same mapping. `told` is called after each.

    With `today`, what depends on the day is remarked on too.
    """
    checked = []
    for done, (file, source) in enumerate(change.files.items(), 1):
        checked.append(check(source, file, registry, parameters=change.parameters, known=known, today=today))
        if told is not None:
            told(done, len(change.files))
    first: dict[str, str] = {}
    for one in checked:
        name = one.loaded.data.get("mapping") if one.loaded.data else None
        if not isinstance(name, str):
            continue
        if name in first:
            sentence = f"{first[name]} is the mapping `{name}` too. Give one of them another name."
            one.loaded.add(workspace.SAME_MAPPING, ("mapping",), sentence)
        first.setdefault(name, one.loaded.file)
    _remark_beside(checked, first, known or Known())
    for one in checked:
        show(one)
    return checked


def _remark_beside(checked: Sequence[Checked], names: Collection[str], known: Known) -> None:
    """Remark on what follows from these mappings, and the others that are active, beside each other."""
    flows = [flow for one in checked for flow in one.flows]
    flows += [flow for flow in known.flows if flow.mapping not in names]
    loads = [load for one in checked for load in one.loads]
    loads += [load for load in known.loads if load.mapping not in names]
    for one in checked:
        remark_round_trips(one.loaded, one.flows, flows)
    remark_together({one.loads[0].mapping: one.loaded for one in checked if one.loads}, loads, known)


@dataclass(frozen=True, slots=True)
class _Plan:
    file: str
    draft: Draft
    graph: Graph
    readdressed: tuple[str, ...]
    moves: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Written:
    applied: Applied
    source_ids: tuple[str, ...]
    post_ids: tuple[str, ...]


def _plan(checked: Checked, change: Change, before: Mapping[str, str], registry: Registry) -> _Plan:
    graph = graph_of(checked)
    text, file = checked.loaded.resolved, checked.loaded.file
    draft = Draft(graph.mapping, graph.title, text, meaning(checked), change.origin or file, change.by)
    old = before.get(graph.mapping)
    readdressed = _readdressed(graph, check(old, file, registry) if old is not None else None)
    return _Plan(file, draft, graph, readdressed, moves_of(checked))


def moves_of(checked: Checked) -> dict[str, str]:
    """Return the nodes that have other names now, by the old ones: that of `steady:` follows its source."""
    document = checked.document
    moved = {one.old: one.new for one in document.moved} if document is not None else {}
    return moved | {f"{old}{STEADY}": f"{new}{STEADY}" for old, new in moved.items()}


def _documents(connection: Connection, workspace_id: str) -> dict[str, str]:
    """Return the documents by which the mappings of a workspace run, by the mappings' names."""
    running = [row for row in rows.listed(connection, workspace_id) if row.version_id is not None]
    return {row.name: rows.document(connection, row.version_id) for row in running if row.version_id}


def _readdressed(graph: Graph, old: Checked | None) -> tuple[str, ...]:
    """Name the sinks that publish to an address of their own, and not with the settings that they had before."""
    own = {name: node.sink for name, node in graph.sinks.items() if node.sink.own_address is not None}
    before = old.nodes if old is not None else {}
    return tuple(name for name, sink in own.items() if not _alike(sink, before.get(name)))


def _alike(sink: Sink[Any], before: Node[Any] | None) -> bool:
    return before is not None and sink.kind == before.kind and sink.config == before.config


def _write(connection: Connection, change: Change, plans: Sequence[_Plan], now: datetime) -> list[_Written]:
    """Write all mappings; whatever is refused undoes everything."""
    workspace_id = change.workspace_id
    before = {row.name: row for row in rows.listed(connection, workspace_id)}
    written = []
    for plan in plans:
        graph, old = plan.graph, before.get(plan.draft.name)
        saved = rows.save_version(connection, workspace_id, plan.draft, now)
        if change.seen is not None and old is not None:
            change.seen(connection, graph.mapping)
        moving.move(connection, workspace_id, saved.mapping_id, saved.version_id, plan.moves)
        read_before = joins.of_mapping(connection, workspace_id, old.id) if old else {}
        readings = readings_of(connection, workspace_id, graph)
        mended = mending.apply_version(connection, _applied(plan, workspace_id, saved), now)
        joined = rows.activate(connection, workspace_id, saved.version_id, graph.title, readings, now)
        what: Literal["new", "changed", "unchanged"] = "new"
        if old is not None and old.state == ACTIVE:
            what = "unchanged" if old.version_id == saved.version_id else "changed"
        applied = Applied(
            mapping=graph.mapping,
            file=plan.file,
            what=what,
            mapping_id=saved.mapping_id,
            version_id=saved.version_id,
            version=saved.number,
            sources=len(graph.sources),
            operators=len(graph.operators),
            sinks=len(graph.sinks),
            joined=_not_in(joined.sources, read_before),
            left=_not_in(read_before, joined.sources),
            waiting=tuple(
                Waiting(node, posts, node in graph.operators)
                for node, posts in rows.held(connection, workspace_id, saved.mapping_id).items()
            ),
            mended=mended,
        )
        written.append(_Written(applied, tuple(joined.sources.values()), joined.posts))
    return written


def _applied(plan: _Plan, workspace_id: str, saved: Saved) -> mending.Applied:
    graph = plan.graph
    return mending.Applied(
        workspace_id,
        saved.mapping_id,
        saved.version_id,
        sinks=tuple(graph.sinks),
        asking=tuple(name for name, sink in graph.sinks.items() if sink.approval != "none"),
        readdressed=tuple(f"{graph.mapping}/{name}" for name in plan.readdressed),
    )


def _not_in(these: Mapping[str, str], others: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(node for node, source_id in these.items() if others.get(node) != source_id)


def readings_of(connection: Connection, workspace_id: str, graph: Graph) -> list[Reading]:
    """Return what the sources of a mapping read; raises NotFoundError for an account that is gone."""
    named = [node.account for node in graph.sources.values() if node.account is not None]
    found = accounts.by_names(connection, workspace_id, named)
    return [
        Reading(
            node=node.name,
            kind=node.source.kind,
            identity=node.source.identity(),
            settings=node.source.config.model_dump_json(by_alias=True),
            every=node.every,
            account_id=_account_id(node.account, found),
            first_run=node.first_run,
        )
        for node in graph.sources.values()
    ]


def _account_id(name: str | None, found: Mapping[str, AccountRow]) -> str | None:
    if name is None:
        return None
    if name not in found:
        raise NotFoundError(f"The account {name} was removed meanwhile: nothing was applied.")
    return found[name].id
