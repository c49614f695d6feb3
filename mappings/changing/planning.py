"""What applying mapping files would change, before anything is: told in full, and held on to by a name.

A plan's `id` stands for what the documents mean, the versions that run and the accounts that the sinks reach: as long
as none of these has changed, applying does what the plan showed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from engine.errors import ConflictError, NotFoundError
from engine.run.plan import want
from engine.store import audiences, joins, posts, replaying
from engine.store import mappings as rows
from engine.store.sources import Join
from mappings.changing.changes import check_all, moves_of, readings_of
from mappings.changing.diffing import diff
from mappings.changing.knowing import known_names
from mappings.compiling import graph_of, meaning
from mappings.findings import FindingsError, has_errors
from mappings.linting.lint import check
from mappings.rehearsal.replay import Whom
from mappings.rehearsal.replaying import Replayed, replayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.graph import Graph
    from engine.store import Connection
    from engine.store.replaying import Reach
    from engine.store.unit import Store
    from mappings.changing.changes import Change
    from mappings.changing.diffing import Diff
    from mappings.findings import Finding
    from mappings.linting.lint import Checked
    from mappings.rehearsal.replay import Replay

SHOWN: Final = 12
"""So many signs of a hash name a plan."""


class Audience(NamedTuple):
    """Whom a sink reaches: all accounts by name, those that it did not reach before, and those that it did."""

    sink: str
    accounts: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class Held(NamedTuple):
    """Posts that wait at a node: they stay, move to the node that it is called now, or go on by the old version."""

    node: str
    posts: int
    fate: Literal["stay", "move", "go on as they came"]
    to: str = ""


class FirstRun(NamedTuple):
    """What a source node that is new takes of older posts; None where nobody has read that source yet."""

    node: str
    posts: int | None
    most: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """What applying does to one mapping. `runs` is the number of the version that runs, 0 for none."""

    mapping: str
    file: str
    what: Literal["new", "changed", "unchanged"]
    version: int
    runs: int
    diff: Diff
    audiences: tuple[Audience, ...]
    held: tuple[Held, ...]
    first_runs: tuple[FirstRun, ...]
    replay: Replay | None = None

    @property
    def losing(self) -> tuple[Held, ...]:
        """Return the posts whose node is gone."""
        return tuple(one for one in self.held if one.fate == "go on as they came")


@dataclass(frozen=True, slots=True)
class Plan:
    """All mappings of one change. `basis` is what the plan holds to be so, and `documents` what it applies."""

    id: str
    mappings: tuple[MappingPlan, ...]
    findings: tuple[Finding, ...]
    basis: dict[str, dict[str, Any]]
    documents: dict[str, str]


class Linted(NamedTuple):
    """Files of a workspace that were linted together, and have no errors."""

    workspace_id: str
    checked: Sequence[Checked]


class _Now(NamedTuple):
    """What the rows say of one mapping."""

    mapping_id: str | None
    version_id: str | None
    numbers: dict[str, int]
    newest: tuple[int, str]
    document: str | None
    waiting: dict[str, int]
    reads: dict[str, str]


async def plan(
    store: Store,
    registry: Registry,
    clock: Clock,
    change: Change,
    *,
    replay: timedelta | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Plan:
    """Return what applying would do; raises FindingsError where a file has errors.

    `replay` is how far back stored posts travel the old and the new versions. `told` is called in another thread as the
    work goes on; what it raises ends it.
    """
    known = await store.read(known_names, change.workspace_id, registry, clock.now())
    checked = await asyncio.to_thread(check_all, change, registry, known, told, clock.now().date())
    if has_errors([finding for one in checked for finding in one.findings]):
        raise FindingsError([finding for one in checked for finding in one.findings])
    return await plan_of(store, registry, clock, Linted(change.workspace_id, checked), replay=replay, told=told)


async def plan_of(
    store: Store,
    registry: Registry,
    clock: Clock,
    linted: Linted,
    *,
    replay: timedelta | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Plan:
    """Return what applying would do with files that were linted and have no errors; as `plan`."""
    now = clock.now()
    drafts = await store.read(_looked, linted, registry, now)
    made = []
    for nth, draft in enumerate(drafts):
        shown = None
        if replay is not None:
            given = await store.read(replayed, draft.replayed, now - replay, now)
            shown = await asyncio.to_thread(given.play)
        made.append(replace(draft.plan, replay=shown))
        if told is not None and replay is not None:
            told(nth + 1, len(drafts))
    basis = {one.plan.mapping: one.basis for one in drafts}
    documents = {one.loaded.file: one.loaded.resolved for one in linted.checked}
    findings = tuple(finding for one in linted.checked for finding in one.findings)
    return Plan(_name(basis), tuple(made), findings, basis, documents)


def refuse_stale(held: Mapping[str, Mapping[str, Any]], there: Plan) -> None:
    """Raise ConflictError, saying what has changed, where a plan does not hold any more."""
    said = [sentence for name in {**held, **there.basis} for sentence in _otherwise(name, held, there.basis)]
    if said:
        raise ConflictError(f"The plan does not hold any more. {' '.join(said)} Run `chappe plan` again.")


def _otherwise(name: str, held: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    before, after = held.get(name), there.get(name)
    if before is None or after is None:
        return [f"{name} is {'no part of it' if before is None else 'missing from the files'}."]
    said = []
    if before["meaning"] != after["meaning"]:
        said.append(f"The document of {name} says something else.")
    if before["runs"] != after["runs"]:
        was, now = (f"version {each}" if each else "no version" for each in (before["runs"], after["runs"]))
        said.append(f"Of {name} {now} runs now, and it was {was}.")
    for sink in after["accounts"]:
        old, new = (set(each["accounts"].get(sink, ())) for each in (before, after))
        if old != new:
            gone, came = sorted(old - new), sorted(new - old)
            words = [f"not {', '.join(gone)} any more"] * bool(gone) + [f"{', '.join(came)} too"] * bool(came)
            said.append(f"{name}.{sink} reaches {' and '.join(words)}.")
    return said


def _name(basis: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(basis, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:SHOWN]


class _Draft(NamedTuple):
    plan: MappingPlan
    basis: dict[str, Any]
    replayed: Replayed


def _looked(connection: Connection, linted: Linted, registry: Registry, now: datetime) -> list[_Draft]:
    reach = replaying.reach(connection, linted.workspace_id)
    return [_draft(connection, linted.workspace_id, one, registry, (reach, now)) for one in linted.checked]


def _draft(
    connection: Connection,
    workspace_id: str,
    checked: Checked,
    registry: Registry,
    agreed: tuple[Mapping[str, Reach], datetime],
) -> _Draft:
    """Look at the rows of one mapping, and compare."""
    graph, means = graph_of(checked), meaning(checked)
    there = _now(connection, workspace_id, graph.mapping)
    old = check(there.document, graph.mapping, registry) if there.document is not None else None
    before = graph_of(old) if old is not None and old.usable else None
    names = {account_id: one.name for account_id, one in agreed[0].items() if one.allows(graph.mapping, agreed[1])}
    whom, whom_before = (_whom(connection, workspace_id, each, names) for each in (graph, before))
    reads = joins.found(connection, workspace_id, readings_of(connection, workspace_id, graph))
    moves = moves_of(checked)
    running = there.numbers.get(there.version_id or "", 0)
    same = there.newest[1] == means
    shown = MappingPlan(
        mapping=graph.mapping,
        file=checked.loaded.file,
        what="new" if not running else "unchanged" if same and running == there.newest[0] else "changed",
        version=there.newest[0] + (not same),
        runs=running,
        diff=diff(old.loaded.data if old is not None else None, checked.loaded.data),
        audiences=_audiences(whom_before, whom, names),
        held=_held(there.waiting, graph, moves),
        first_runs=tuple(_first_runs(connection, graph, reads, _renamed(there.reads, moves))),
    )
    accounts = {one.sink: sorted(one.accounts) for one in shown.audiences if one.sink in graph.sinks}
    basis = {"meaning": means, "runs": running, "accounts": accounts}
    mapping_id, version_id = there.mapping_id, there.version_id or ""
    given = Replayed(graph, before, whom, whom_before, reads, there.reads, mapping_id, version_id, moves)
    return _Draft(shown, basis, given)


def _renamed(reads: Mapping[str, str], moves: Mapping[str, str]) -> dict[str, str]:
    return {moves.get(node, node): source_id for node, source_id in reads.items()}


def _now(connection: Connection, workspace_id: str, name: str) -> _Now:
    try:
        row = rows.by_name(connection, workspace_id, name)
    except NotFoundError:
        return _Now(None, None, {}, (0, ""), None, {}, {})
    versions = rows.versions(connection, workspace_id, row.id)
    return _Now(
        row.id,
        row.version_id,
        {version.id: version.number for version in versions},
        (versions[0].number, versions[0].hash) if versions else (0, ""),
        rows.document(connection, row.version_id) if row.version_id is not None else None,
        rows.held(connection, workspace_id, row.id),
        joins.of_mapping(connection, workspace_id, row.id),
    )


def _whom(connection: Connection, workspace_id: str, graph: Graph | None, names: Mapping[str, str]) -> Whom:
    """Look up whom the sinks reach; what publishes to an address of its own is known by its sink."""
    if graph is None:
        return Whom({}, names)
    named = [sink for sink in graph.sinks.values() if sink.audience is not None or sink.accounts]
    found = audiences.find(connection, [want(workspace_id, graph.mapping, sink) for sink in named])
    own = {f"{graph.mapping}/{name}": f"{graph.mapping}/{name}" for name in graph.sinks}
    return Whom({sink.name: who.accounts for sink, who in zip(named, found, strict=True)}, {**names, **own})


def _audiences(before: Whom, after: Whom, names: Mapping[str, str]) -> tuple[Audience, ...]:
    sinks = dict.fromkeys((*after.sinks, *before.sinks))
    found = []
    for sink in sinks:
        old, new = ([names[one] for one in each.sinks.get(sink, ()) if one in names] for each in (before, after))
        gained, lost = (tuple(one for one in some if one not in others) for some, others in ((new, old), (old, new)))
        found.append(Audience(sink, tuple(new), gained, lost))
    return tuple(found)


def _held(waiting: Mapping[str, int], graph: Graph, moves: Mapping[str, str]) -> tuple[Held, ...]:
    found = []
    for node, count in waiting.items():
        if node in graph.operators:
            found.append(Held(node, count, "stay"))
        elif moves.get(node) in graph.operators:
            found.append(Held(node, count, "move", moves[node]))
        else:
            found.append(Held(node, count, "go on as they came"))
    return tuple(found)


def _first_runs(
    connection: Connection, graph: Graph, reads: Mapping[str, str], before: Mapping[str, str]
) -> Iterator[FirstRun]:
    """Say what new source nodes take of older posts."""
    for name, node in graph.sources.items():
        wish, source_id = node.first_run, reads.get(name)
        if (not wish.last and wish.since is None) or (source_id is not None and before.get(name) == source_id):
            continue
        count = None
        if source_id is not None and posts.has_any(connection, source_id):
            count = len(posts.for_first_run(connection, Join("", "", "", name, source_id, wish)))
        yield FirstRun(name, count, wish.last or posts.FIRST_RUN_MOST, wish.since)
