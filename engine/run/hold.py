"""Hold: ask the nodes at which posts wait whom they let go, and let those go on.

One release of a node, which `key` names as "<mapping id>:<node>":

1. Read what waits there, oldest first, and when it last released; look for what an operator wants to know of the
   network, which is kept with each post; ask the operator, which is pure.
2. ONE transaction: the released holds end and what is behind the node is planned, as a first walk is; those that the
   operator drops end; the others are asked about again at the time that it names. A hold that goes on and stays counts
   it, and is planned as another round of its post. Where the operator made one post of several, that post is written
   with its parents, and with a new route that begins behind the node.
3. Only where an audience is too large for one transaction: chunks, as in routing. A post that was made is routed.

Killed before 2: the due tick asks again, and gets the same answer at the same time. After 2: the tick finds the route.
A hold goes on by the mapping's current version while that has a node of the same name and kind, else by its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import structlog

from engine.contract.operator import Held, HoldingOperator, LookingOperator, Verdict, Wait
from engine.errors import MappingError
from engine.graph import walk
from engine.ids import new_id
from engine.model.post import Post
from engine.run.decisions import ASKED, REMEMBERED, at_once, release_context
from engine.run.fault import is_fault, stuck, told_of
from engine.run.look import look_of, looked
from engine.run.merge import merged
from engine.run.plan import Course, draft, extension, finish, parts_at_once, wake
from engine.store import holds, posts, releases
from engine.store.holds import key_of
from engine.store.planning import Way
from engine.store.releases import Onward, Outcome
from engine.store.routes import Ends, Extension
from engine.store.traces import Trace
from engine.wake import Again, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.operator import Release, ReleaseContext
    from engine.graph import Graph
    from engine.run.core import Core
    from engine.run.plan import Steps
    from engine.store.holds import AtNode, HoldRow

log = structlog.get_logger()

Waiting: TypeAlias = "dict[str, tuple[HoldRow, Held]]"
"""What a node is asked about, by the id of the hold, in order."""

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
        await core.store.write(holds.put_aside, [row.id for row in found.rows], later, sentence)
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
    given, now = len(rows), core.clock.now()
    if isinstance(asked.operator, LookingOperator):
        rows = await looked(core, asked.operator, rows, now)
        now = core.clock.now()
    if not rows:
        return True
    return await _answer(core, asked, rows, now) or len(rows) < given


async def _answer(core: Core, asked: _Asked, rows: Sequence[HoldRow], now: datetime) -> bool:
    ids = [row.id for row in rows]
    ctx = await _context(core, asked, rows, now)
    held = await _held(core, asked, rows, now)
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
    if outcome.made is not None:
        await core.wake.wake(Kind.ROUTE, [outcome.made.post.id])
    for one in outcome.onward:
        if one.more.ends.planned and not one.parts:
            await finish(core, next(_way(asked, row) for row in rows if row.route_id == one.more.route_id))
    left = sum(state != holds.HELD for _, state, _ in outcome.ended)
    return at_once(answer, now, asked=len(rows), ended=left, staying=len(outcome.staying))


async def _context(core: Core, asked: _Asked, rows: Sequence[HoldRow], now: datetime) -> ReleaseContext:
    """Return what a node may look at; what a wrong clock has put into the future counts as what has just happened."""
    mapping_id, operator = rows[0].mapping_id, asked.operator
    past = await core.store.read(holds.history, mapping_id, asked.node, operator.history_needed)
    if any(at > now for at in past) or any(max(row.since, row.last_at or row.since) > now for row in rows):
        await core.store.write(holds.set_right, mapping_id, asked.node, now)
    passed: list[HoldRow] = []
    if operator.remembers:
        passed = await core.store.read(holds.passed, mapping_id, asked.node, now - operator.remembers, REMEMBERED)
    return release_context(
        asked.graph,
        asked.version_id,
        asked.node,
        post_ids=[row.post_id for row in rows],
        now=now,
        history=tuple(min(at, now) for at in past),
        passed=tuple(_at_node(row, row.document, row.since, now) for row in passed),
        removed=asked.foreign,
    )


async def _held(core: Core, asked: _Asked, rows: Sequence[HoldRow], now: datetime) -> list[Held]:
    """Give the node what waits, with the source's newest wording where the node follows changes."""
    changed: dict[str, tuple[str, datetime]] = {}
    feeds = asked.graph.operators[asked.node].feeds
    if asked.operator.follows_changes and all(feed.name in asked.graph.sources for feed in feeds):
        changed = await core.store.read(posts.wordings, [row.post_id for row in rows])
    held = []
    for row in rows:
        document, since = changed.get(row.post_id, (row.document, row.since))
        held.append(_at_node(row, document, max(row.since, since), now))
    return held


def _at_node(row: HoldRow, document: str, since: datetime, now: datetime) -> Held:
    last = min(row.last_at, now) if row.last_at is not None else None
    verdict = None
    if row.verdict in {holds.APPROVED, holds.REJECTED}:
        verdict = Verdict(row.verdict == holds.APPROVED, row.decided_by, row.note)
    post = Post.model_validate_json(document)
    return Held(row.id, post, min(since, now), row.times, last, verdict, look_of(row, now))


async def _outcome(core: Core, asked: _Asked, held: Waiting, answer: Release, now: datetime) -> Outcome:
    """Plan what is behind the node for those that go on, and count those that end; put aside what fails."""
    rows = {hold_id: row for hold_id, (row, _) in held.items()}
    gone = [rows[hold_id] for hold_id in answer.ids]
    made = merged(_way(asked, gone[0]), asked.version_id, gone, answer.into, now) if answer.into and gone else None
    if made is not None:
        failed: list[tuple[Trace, str]] = []
        onward = list(made.onward)
        ended = [(row.id, holds.RELEASED, answer.reason_of(row.id)) for row in gone]
    else:
        onward, ended, failed = await _gone(core, asked, held, answer, now)
    onward += [Onward(_dropped(rows[hold_id], answer.reason_of(hold_id), now)) for hold_id in answer.drop]
    ended += [(hold_id, holds.DROPPED, answer.reason_of(hold_id)) for hold_id in answer.drop]
    put_aside = {hold_id for _, hold_id in failed}
    left = ({*answer.ids, *answer.drop} - set(answer.stays)) | put_aside
    return Outcome(
        seen={hold_id: (row.times, row.revision) for hold_id, row in rows.items()},
        ended=ended,
        onward=onward,
        staying=[hold_id for hold_id in held if hold_id not in left],
        until=min(answer.until, now + holds.FARTHEST) if answer.until else None,
        failed=failed,
        made=made.post if made is not None else None,
    )


async def _gone(
    core: Core, asked: _Asked, held: Waiting, answer: Release, now: datetime
) -> tuple[list[Onward], list[tuple[str, str, str]], list[tuple[Trace, str]]]:
    """Plan what is behind the node; returns what follows, the ends of holds, and what fails."""
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
        ended.append((hold_id, holds.HELD if hold_id in answer.stays else holds.RELEASED, answer.reason_of(hold_id)))
    return onward, ended, failed


async def _onward(core: Core, asked: _Asked, held: tuple[HoldRow, Held], answer: Release, now: datetime) -> Extension:
    row, one = held
    nth = row.round + row.times
    course = Course(_way(asked, row), asked.graph, asked.version_id, now, released_at=now, round=nth)
    made = await draft(core, course, walk(asked.graph, one.post, asked.node, now))
    made.steps[:0] = _told(asked, answer.reason_of(row.id))
    return extension(course, made, first=False, released=row.id not in answer.stays)


def _told(asked: _Asked, reason: str) -> Steps:
    steps: Steps = [(asked.node, "released", reason or "It goes on.")]
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
