"""Hold: ask the nodes at which posts wait whom they let go, and let those go on.

One release of a node, which `key` names as "<mapping id>:<node>":

1. Read what waits there, oldest first, and when it last released; ask the operator, which is pure.
2. ONE transaction: the released holds end and what is behind the node is planned, as a first walk is; those that the
   operator drops end; the others are asked about again at the time that it names.
3. Only where an audience is too large for one transaction: chunks, as in routing.

Killed before 2: the due tick asks again, and gets the same answer at the same time. After 2: the tick finds the route.
A hold goes on by the mapping's current version while that has a node of the same name and kind, else by its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from engine.contract.operator import Held, HoldingOperator, Wait
from engine.errors import MappingError
from engine.graph import walk
from engine.ids import new_id
from engine.model.post import Post
from engine.run.decisions import ASKED, at_once, release_context
from engine.run.fault import is_fault, stuck, told_of
from engine.run.plan import Course, draft, extension, finish, parts_at_once, wake
from engine.store import holds, posts, releases
from engine.store.holds import key_of
from engine.store.planning import Way
from engine.store.releases import Onward, Outcome
from engine.store.routes import Ends, Extension
from engine.store.traces import Trace
from engine.wake import Again

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.operator import Release
    from engine.graph import Graph
    from engine.run.core import Core
    from engine.run.plan import Steps
    from engine.store.holds import AtNode, HoldRow

log = structlog.get_logger()

AFTER_FAULT: Final = timedelta(minutes=5)
"""When a node that failed is asked again; a new version of its mapping is asked at once."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A node in the version by which its posts go on; `foreign` tells that it is not the mapping's current one."""

    mapping: str
    node: str
    graph: Graph
    version_id: str
    foreign: bool
    operator: HoldingOperator[Any]


async def release(core: Core, key: str) -> Again | None:
    """Ask one node; `Again` when it has let something go and there is more to ask about at once.

    A node that fails when it is asked is asked again later; the failure is raised.
    """
    mapping_id, _, node = key.partition(":")
    found = await core.store.read(holds.at_node, mapping_id, node, ASKED)
    if found is None:
        return None
    (end,) = await asyncio.gather(_ask(core, found, node), return_exceptions=True)
    if is_fault(end):
        sentence = f"The node cannot be asked: {told_of(end)}"
        later = core.clock.now() + AFTER_FAULT
        await core.store.write(holds.wait, [row.id for row in found.rows], later, sentence)
    if isinstance(end, BaseException):
        raise end
    return Again() if end else None


async def _ask(core: Core, found: AtNode, node: str) -> bool:
    more = False
    for asked, rows in await _by_version(core, found, node):
        more |= await _release(core, asked, rows)
    return more


async def _by_version(core: Core, found: AtNode, node: str) -> list[tuple[_Asked, list[HoldRow]]]:
    """Group what waits by the version by which it goes on."""
    current = await core.graph(found.version_id)
    groups: dict[str, tuple[_Asked, list[HoldRow]]] = {}
    for row in found.rows:
        own = await core.graph(row.version_id)
        foreign = _kind(current, node) != _kind(own, node)
        version_id, graph = (row.version_id, own) if foreign else (found.version_id, current)
        operator = graph.operators[node].operator
        if not isinstance(operator, HoldingOperator):
            message = f"The node {node} of {found.mapping} holds posts and cannot release any."
            raise MappingError(message)
        asked = _Asked(found.mapping, node, graph, version_id, foreign, operator)
        groups.setdefault(version_id, (asked, []))[1].append(row)
    return list(groups.values())


def _kind(graph: Graph, node: str) -> str | None:
    return graph.operators[node].operator.kind if node in graph.operators else None


async def _release(core: Core, asked: _Asked, rows: Sequence[HoldRow]) -> bool:
    """Ask about these posts and write the answer; tells whether to ask again at once."""
    now = core.clock.now()
    ids = [row.id for row in rows]
    past = await core.store.read(holds.history, rows[0].mapping_id, asked.node, asked.operator.history_needed)
    posted = [row.post_id for row in rows]
    ctx = release_context(asked.graph, asked.version_id, asked.node, post_ids=posted, now=now, history=past)
    held = await _held(core, asked, rows)
    answer = asked.operator.release(held, ctx)
    if isinstance(answer, Wait):
        await core.store.write(holds.wait, ids, min(answer.until, now + holds.FARTHEST), answer.reason)
        return False
    outcome = await _outcome(core, asked, dict(zip(ids, zip(rows, held, strict=True), strict=True)), answer, now)
    made = await core.store.write(releases.write, outcome, asked.mapping, now)
    if made is None:  # another worker ended some of them meanwhile: its answer stands
        return False
    nodes = [key_of(hold.mapping_id, hold.node) for one in outcome.onward for hold in one.more.holds]
    await wake(core, [account for some in made for account in some.due], nodes)
    for one in outcome.onward:
        if one.more.ends.planned and not one.parts:
            await finish(core, next(_way(asked, row) for row in rows if row.route_id == one.more.route_id))
    return at_once(answer, now, asked=len(rows), ended=len(outcome.ended), staying=len(outcome.staying))


async def _held(core: Core, asked: _Asked, rows: Sequence[HoldRow]) -> list[Held]:
    """Give the node what waits, with the source's newest wording where the node follows changes."""
    changed: dict[str, tuple[str, datetime]] = {}
    feeds = asked.graph.operators[asked.node].feeds
    if asked.operator.follows_changes and all(feed.name in asked.graph.sources for feed in feeds):
        changed = await core.store.read(posts.wordings, [row.post_id for row in rows])
    held = []
    for row in rows:
        document, since = changed.get(row.post_id, (row.document, row.since))
        held.append(Held(row.id, Post.model_validate_json(document), max(row.since, since)))
    return held


async def _outcome(
    core: Core, asked: _Asked, held: dict[str, tuple[HoldRow, Held]], answer: Release, now: datetime
) -> Outcome:
    """Plan what is behind the node for those that go on, and count those that end; put aside what fails."""
    ends = await asyncio.gather(
        *(_onward(core, asked, held[hold_id], answer, now) for hold_id in answer.ids), return_exceptions=True
    )
    onward, ended, failed, room = [], [], [], core.settings.chunk
    for hold_id, end in zip(answer.ids, ends, strict=True):
        row = held[hold_id][0]
        if is_fault(end):
            failed.append((stuck(_way(asked, row), asked.node, end, now), hold_id))
            log.error("A held post cannot go on.", mapping=asked.mapping, node=asked.node, exc_info=end)
            continue
        if isinstance(end, BaseException):
            raise end
        parts = parts_at_once(end, _way(asked, row), room)
        room -= sum(len(part.entries) for part in parts)
        onward.append(Onward(end, parts))
        ended.append((hold_id, holds.RELEASED, answer.reason))
    onward += [Onward(_dropped(held[hold_id][0], answer.reason, now)) for hold_id in answer.drop]
    ended += [(hold_id, holds.DROPPED, answer.reason) for hold_id in answer.drop]
    gone = {*answer.ids, *answer.drop}
    until = min(answer.until, now + holds.FARTHEST) if answer.until else None
    return Outcome(ended, onward, [hold_id for hold_id in held if hold_id not in gone], until, failed)


async def _onward(core: Core, asked: _Asked, held: tuple[HoldRow, Held], answer: Release, now: datetime) -> Extension:
    row, one = held
    course = Course(_way(asked, row), asked.graph, asked.version_id, now, released_at=now)
    made = await draft(core, course, walk(asked.graph, one.post, asked.node, now))
    made.steps[:0] = _told(asked, answer)
    return extension(course, made, first=False, released=1)


def _told(asked: _Asked, answer: Release) -> Steps:
    steps: Steps = [(asked.node, "released", answer.reason or "It goes on.")]
    if asked.foreign:
        sentence = "It goes on by the version of the mapping with which it was held: the current one has no such node."
        steps.append((asked.node, "version", sentence))
    return steps


def _dropped(row: HoldRow, reason: str, now: datetime) -> Extension:
    sentence = reason or "The node let it go no further."
    trace = Trace(new_id(), row.workspace_id, row.post_id, "dropped", sentence, now, row.node, row.mapping_id)
    ends = Ends(dropped=1, held=-1)
    return Extension(row.route_id, row.workspace_id, version_id=None, ends=ends, traces=(trace,))


def _way(asked: _Asked, row: HoldRow) -> Way:
    return Way(row.route_id, row.workspace_id, row.post_id, row.mapping_id, asked.mapping)
