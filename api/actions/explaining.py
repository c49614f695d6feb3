"""Why a post went out, or why not: node by node, account by account."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from api.actions import naming, pausing
from engine.store import (
    deliveries,
    listing,
    mappings,
    pauses,
    people,
    posts,
    routes,
    short_links,
    sources,
    telling,
    traces,
)
from engine.store.pauses import Scope
from engine.store.unit import no_snapshot
from mappings.compiling import graph_of
from mappings.findings import FindingsError
from mappings.linting.lint import check

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from api.actions.pausing import Switch
    from engine.contract.registry import Registry
    from engine.graph import Graph
    from engine.model.consent import Head
    from engine.store import Connection
    from engine.store.deliveries import DeliveryRow
    from engine.store.listing import After, Wanted
    from engine.store.pauses import Pause
    from engine.store.posts import PostRow
    from engine.store.telling import Passage, Planning, Standing, Stay, Unfinished
    from engine.store.traces import Trace
    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery with its attempts, and what was decided about it."""

    delivery: DeliveryRow
    attempts: list[dict[str, Any]]
    decisions: list[Trace]


@dataclass(frozen=True, slots=True)
class Absent:
    """An account of an audience that got no delivery, and why."""

    account: str
    person: str
    sink: str
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause that covers a mapping, as people see it, with the command that ends it."""

    what: str
    since: datetime
    reason: str
    do: str


@dataclass(frozen=True, slots=True)
class Way:
    """A post's way through one mapping; `traces` are those of its nodes, `paused` what stops it now."""

    passage: Passage
    traces: list[Trace]
    stays: list[Stay]
    deliveries: list[Told]
    absent: list[Absent]
    paused: Stop | None = None


class Brief(NamedTuple):
    """A post in a line: its source, how many deliveries it has by state, and what waits before there are any.

    `before` counts `held` posts at nodes, mappings that have not taken it yet: `paused`, `stuck` or `on_its_way`, and
    posts that were made of it and others: `in_a_digest`. `planning` is of mappings that plan it for many just now.
    """

    post: PostRow
    source: str
    deliveries: dict[str, int]
    before: dict[str, int]
    planning: tuple[Planning, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of a post; `traces` are those before any mapping.

    `clicks` counts, for each address that has a short link, how often readers followed it.
    """

    post: PostRow
    source: str
    traces: list[Trace]
    ways: list[Way]
    paused: list[Switch]
    clicks: dict[str, int] = field(default_factory=dict)


WIDEST = (Scope.EVERYTHING, Scope.WORKSPACE)

MOST = 1_000
"""So many deliveries of a post are told one by one."""


async def explain(store: Store, post: PostRow, registry: Registry, now: datetime) -> Story:
    """Tell the story of a post."""
    here = post.workspace_id
    lines = await store.read(traces.of_post, here, post.id)
    stays = await store.read(telling.stays, here, post.id)
    rows = await store.read(deliveries.listed, here, post_id=post.id, limit=MOST)
    tries = await store.read(telling.attempts, here, post.id)
    names = {row.id: row.name for row in await store.read(sources.listed, here)}
    decided: dict[str | None, list[Trace]] = {}
    for line in lines:
        decided.setdefault(line.delivery_id, []).append(line)
    stopped = await store.read(pauses.listed, here)
    ways = []
    for passage in await store.read(telling.passages, here, post.id):
        mine = [row for row in reversed(rows) if row.mapping_id == passage.mapping_id]
        ways.append(
            Way(
                passage,
                [line for line in decided.get(None, []) if line.mapping_id == passage.mapping_id],
                [stay for stay in stays if stay.mapping == passage.mapping],
                [Told(row, tries.get(row.id, []), decided.get(row.id, [])) for row in mine],
                await _absent(store, post, passage, registry, now),
                _stop(stopped, passage),
            )
        )
    before = [line for line in lines if line.mapping_id is None]
    switches, clicks = await pausing.switches(store, here), await store.read(short_links.clicks_of, here, post.id)
    return Story(post, names.get(post.source_id, "?"), before, ways, switches, clicks)


async def newest(store: Store, workspace_id: str, limit: int) -> list[Brief]:
    """Return the newest posts of a workspace, and what became of each."""
    return await briefs(store, workspace_id, await store.read(posts.newest, workspace_id, limit=limit))


async def briefs(store: Store, workspace_id: str, rows: Sequence[PostRow]) -> list[Brief]:
    """Return what became of posts, in their order."""
    return await store.read(_briefs, workspace_id, rows)


async def page(
    store: Store, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, Brief]]:
    """Return up to so many posts and what became of each, newest first, each with its ordering key.

    Raises NotFoundError where there is no such source or mapping.
    """
    found = await store.read(_page, workspace_id, wanted, after, most)
    if not found and wanted.source_id:  # what has posts is there
        await naming.source_of(store, workspace_id, wanted.source_id)
    if not found and wanted.mapping:
        await naming.mapping(store, workspace_id, wanted.mapping)
    return found


async def brief(store: Store, workspace_id: str, post_id: str) -> Brief:
    """Return a post and what became of it; raises NotFoundError."""
    found = await store.read(_those, workspace_id, [post_id])
    return found[0] if found else Brief(await naming.post_of(store, workspace_id, post_id), "?", {}, {})


@no_snapshot
def _page(
    connection: Connection, workspace_id: str, wanted: Wanted, after: After | None, most: int
) -> list[tuple[After, Brief]]:
    rows = listing.post_page(connection, workspace_id, wanted, after, most)
    more = [glance.post for _, glance in rows if glance.goes_on]  # of few in most lists, and often of none
    told = {each.post.id: each for each in _briefs(connection, workspace_id, more)} if more else {}
    return [
        (key, told.get(glance.post.id) or Brief(glance.post, glance.source, glance.deliveries, {}))
        for key, glance in rows
    ]


@no_snapshot
def _those(connection: Connection, workspace_id: str, post_ids: Sequence[str]) -> list[Brief]:
    return _briefs(connection, workspace_id, posts.those(connection, workspace_id, post_ids))


@no_snapshot
def _briefs(connection: Connection, workspace_id: str, rows: Sequence[PostRow]) -> list[Brief]:
    standing = telling.standing(connection, workspace_id, [row.id for row in rows])
    waiting = any(not way.held for each in standing.values() for way in each.unfinished)
    stopped = pauses.paused(connection, workspace_id) if waiting else ()
    found = []
    for row in rows:
        mine = standing[row.id]
        before = _before(mine, stopped) if mine.unfinished or mine.digests else {}
        found.append(Brief(row, mine.source, mine.deliveries, before, tuple(mine.planning.values())))
    return found


def _before(mine: Standing, stopped: Collection[tuple[str, str]]) -> dict[str, int]:
    """Count what waits before there are deliveries."""
    before: Counter[str] = Counter()
    for way in mine.unfinished:
        before["held" if way.held else _standing(way, stopped)] += way.held or 1
    if mine.digests:
        before["in_a_digest"] = mine.digests
    return dict(before)


def _standing(way: Unfinished, stopped: Collection[tuple[str, str]]) -> str:
    if any(scope in WIDEST or (scope, key) == (Scope.MAPPING, way.mapping_id) for scope, key in stopped):
        return "paused"
    return "stuck" if way.state == routes.STUCK else "on_its_way"


def _stop(stopped: Sequence[Pause], passage: Passage) -> Stop | None:
    """Return the first pause that covers a mapping."""
    for pause in stopped:
        if pause.scope in WIDEST:
            what = "everything" if pause.scope == Scope.EVERYTHING else "the workspace"
            return Stop(what, pause.since, pause.reason, f"chappe resume {pause.scope}")
        if (pause.scope, pause.key) == (Scope.MAPPING, passage.mapping_id):
            name = passage.mapping
            return Stop(f"the mapping {name}", pause.since, pause.reason, f"chappe resume mapping {shlex.quote(name)}")
    return None


async def _absent(store: Store, post: PostRow, passage: Passage, registry: Registry, now: datetime) -> list[Absent]:
    """Return the members of the audiences that the post reached, to whom nothing was planned."""
    if not passage.version_id or passage.state == "new":
        return []
    graph = await _graph(store, passage.version_id, registry)
    lines = await store.read(traces.of_post, post.workspace_id, post.id)
    reached = {line.node for line in lines if line.what == "planned" and line.mapping_id == passage.mapping_id}
    there = {
        row.account_id for row in await store.read(deliveries.listed, post.workspace_id, post_id=post.id, limit=MOST)
    }
    found = []
    for name, sink in graph.sinks.items() if graph else ():
        if name not in reached or sink.audience is None:
            continue
        platform = sink.sink.account_kind or sink.sink.kind
        for member in await store.read(people.audience, post.workspace_id, sink.audience, platform):
            if member.account_id not in there:
                why = _why(member.head, passage.mapping, now)
                found.append(Absent(member.account_name, member.person_name, name, why))
    return found


def _why(head: Head | None, mapping: str, now: datetime) -> str:
    if head is None:
        return "Never consented: silence is no."
    if not head.given:
        return "The consent is withdrawn."
    if head.terms.until is not None and head.terms.until <= now:
        return "The consent has ended."
    if head.terms.mappings is not None and mapping not in head.terms.mappings:
        return "The consent does not cover this mapping."
    return "Joined the audience, or consented, after this post was planned."


async def _graph(store: Store, version_id: str, registry: Registry) -> Graph | None:
    checked = check(await store.read(mappings.document, version_id), "mapping", registry)
    try:
        return graph_of(checked) if checked.usable else None
    except FindingsError:
        return None
