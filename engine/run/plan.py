"""From a walk to a plan, and from a plan to deliveries: what routing a post and releasing a held one have in common.

A plan names accounts and contents; `parts` makes deliveries of any stretch of it, always the same ones, so that a
worker that comes after a killed one goes on where the cursor stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from engine.content.rendering import left_behind
from engine.contract.operator import HoldingOperator
from engine.errors import MappingError
from engine.ids import new_id
from engine.run.asking import asks_for, distinct_on
from engine.run.decisions import contents as rendered
from engine.run.decisions import shares
from engine.run.shorten import with_short_links
from engine.store import accounts, audiences, routes
from engine.store.accounts import ImplicitSink
from engine.store.audiences import Want
from engine.store.holds import WANTED, HoldRow, key_of
from engine.store.planning import Entry, Part, Way
from engine.store.routes import Ends, Extension, Leg
from engine.store.tables import stamp
from engine.store.traces import Trace
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from engine.graph import Graph, Halt, SinkNode, Walk
    from engine.model.post import Content, Post
    from engine.run.core import Core
    from engine.store.audiences import Found

Steps: TypeAlias = list[tuple[str, str, str]]
"""What is told of a post: at which node, a word, and the sentence."""

WAKES: Final = 200
"""So many accounts are woken at once after a commit; the due tick finds the others."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a walk belongs to: its route, the graph and version that it went by, and when what it plans is released.

    `round` counts from 0 which publication of the post it is.
    """

    way: Way
    graph: Graph
    version_id: str
    now: datetime
    released_at: datetime
    round: int = 0


@dataclass(slots=True)
class Draft:
    """What a walk makes of a post, before it is written."""

    legs: list[Leg]
    contents: list[tuple[str, Content]]
    holds: list[HoldRow]
    steps: Steps
    dropped: int


async def draft(core: Core, course: Course, walked: Walk) -> Draft:
    """Render what arrived for those whom the sinks name; what cannot be rendered, or reaches nobody, is dropped."""
    steps: Steps = [step for step in walked.steps if step.what != "arrived"]
    made = Draft([], [], [_hold(course, halt) for halt in walked.held], steps, len(walked.dropped))
    sinks = [course.graph.sinks[arrival.sink] for arrival in walked.arrived]
    wants = [want(course.way.workspace_id, course.way.mapping, sink) for sink in sinks]
    found = await core.store.read(audiences.find, wants) if wants else []
    for arrival, sink, who in zip(walked.arrived, sinks, found, strict=True):
        try:
            ids = await _accounts(core, course, sink, who, made.steps)
            post, long = await with_short_links(core, course.way, arrival.post)
            contents = _contents(course, sink, post, len(ids))
            approval = await asks_for(core, course.way.workspace_id, sink)
        except MappingError as error:
            made.steps.append((sink.name, "dropped", str(error)))
            made.dropped += 1
            continue
        made.legs.append(_leg(course, sink, ids, contents, approval))
        made.contents += contents
        less = left_behind(arrival.post, sink.sink.limits.media.count)
        made.steps += [(sink.name, what, said) for what, said in (("pictures", less), ("links", long)) if said]
    return made


def want(workspace_id: str, mapping: str, sink: SinkNode) -> Want:
    """Return for whom a sink of a mapping publishes, to be looked up."""
    kind = sink.sink
    if sink.audience is None and not sink.accounts:
        return Want(workspace_id, kind.kind, own=f"{mapping}/{sink.name}")
    return Want(workspace_id, kind.account_kind or kind.kind, sink.audience, sink.accounts)


def extension(course: Course, made: Draft, *, first: bool, released: int = 0) -> Extension:
    """Return what is written of a draft; `released` holds of the route end with it."""
    way = course.way
    traces = tuple(
        Trace(new_id(), way.workspace_id, way.post_id, what, sentence, course.now, node, way.mapping_id)
        for node, what, sentence in made.steps
    )
    planned = sum(len(leg.accounts) for leg in made.legs)
    return Extension(
        route_id=way.route_id,
        workspace_id=way.workspace_id,
        version_id=course.version_id if first else None,
        legs=tuple(made.legs),
        ends=Ends(dropped=made.dropped, held=len(made.holds) - released, planned=planned),
        contents=tuple(made.contents),
        holds=tuple(made.holds),
        traces=traces,
    )


async def begin(core: Core, course: Course, made: Draft) -> None:
    """Write the first walk of a route: ONE transaction, with all its deliveries where they are few; else chunks follow.

    Nothing is done where another worker was first.
    """
    more = extension(course, made, first=True)
    some = parts_at_once(more, course.way, core.settings.chunk)
    done = await core.store.write(routes.extend, more, some, course.way.mapping, course.now)
    if done is None:
        return
    await wake(core, done.due, [key_of(hold.mapping_id, hold.node) for hold in made.holds])
    if more.ends.planned and not some:
        await finish(core, course.way)


async def finish(core: Core, way: Way) -> None:
    """Make what a route has planned and not made yet: chunks, each in a transaction that moves the route's cursor.

    A route that is cancelled, or that another worker makes, is left alone from then on.
    """
    plan = await core.store.read(routes.plan_of, way.route_id)
    while plan is not None and plan.state == routes.ROUTING:
        now = core.clock.now()
        some = list(parts(plan.legs, way, plan.cursor, plan.cursor + core.settings.chunk))
        made = await core.store.write(routes.advance, way, plan, some, now)
        if made is None:
            plan = await core.store.read(routes.plan_of, way.route_id)
            continue
        await wake(core, made.due, [])
        plan = plan.behind(sum(len(part.entries) for part in some))


async def wake(core: Core, accounts: Sequence[str], nodes: Sequence[str]) -> None:
    """Ask, after the commit, for what has become due: some of the accounts, and the nodes that hold."""
    for kind, keys in ((Kind.DRAIN, accounts[:WAKES]), (Kind.RELEASE, nodes)):
        if keys:
            await core.wake.wake(kind, list(dict.fromkeys(keys)))


def parts_at_once(more: Extension, way: Way, most: int) -> list[Part]:
    """Return all deliveries of an extension, to be made in its own transaction; none when they are more than `most`."""
    return list(parts(more.legs, way, 0, more.ends.planned)) if more.ends.planned <= most else []


def parts(legs: Iterable[Leg], way: Way, start: int, stop: int) -> Iterator[Part]:
    """Return the deliveries from `start` to `stop`, counted over the accounts of all legs."""
    for leg in legs:
        size = len(leg.accounts)
        if start < size and stop > 0:
            entries = _entries(leg, way, max(0, start), min(size, stop))
            yield Part(
                leg.sink, leg.version_id, leg.max_age_s, leg.approval, entries, leg.distinct, leg.contents, leg.round
            )
        start, stop = start - size, stop - size


def _entries(leg: Leg, way: Way, start: int, stop: int) -> list[Entry]:
    due = _due(leg, way, start, stop)
    some = leg.contents
    return [
        Entry(new_id(), leg.accounts[nth], some[nth % len(some)], at)
        for nth, at in zip(range(start, stop), due, strict=True)
    ]


def _due(leg: Leg, way: Way, start: int, stop: int) -> list[str]:
    """Return when accounts are due: evenly over the spread, in an order of chance, each at a moment of its share."""
    if not leg.spread_s:
        return [stamp(leg.released_at)] * (stop - start)
    some = shares(leg.version_id, leg.sink, way.post_id, len(leg.accounts))[start:stop]
    return [stamp(leg.released_at + timedelta(seconds=leg.spread_s * share)) for share in some]


def _hold(course: Course, halt: Halt) -> HoldRow:
    way, operator = course.way, course.graph.operators[halt.node].operator
    asks = isinstance(operator, HoldingOperator) and operator.asks_person
    return HoldRow(
        new_id(), way.workspace_id, way.route_id, way.post_id, way.mapping_id, course.version_id, halt.node,
        halt.post.model_dump_json(), halt.reason, course.now, course.round, verdict=WANTED if asks else "",
    )  # fmt: skip


async def _accounts(core: Core, course: Course, sink: SinkNode, who: Found, steps: Steps) -> tuple[str, ...]:
    if who.accounts:
        if who.missing:
            names = " and ".join(who.missing)
            steps.append((sink.name, "missing", f"There is no account {names} of this sink's kind: the others get it."))
        return who.accounts
    if sink.audience is not None:
        message = f"Nobody in the group {sink.audience} has an account for this sink."
        raise MappingError(message)
    if sink.accounts:
        message = f"There is no account {' or '.join(sink.accounts)} of this sink's kind in the workspace."
        raise MappingError(message)
    if sink.sink.own_address is None:
        message = "It names no account and no audience: there is nobody to publish for."
        raise MappingError(message)
    way = course.way
    own = ImplicitSink(way.workspace_id, way.mapping_id, way.mapping, sink.name, sink.sink.kind)
    return (await core.store.write(accounts.implicit, own, course.now),)


def _contents(course: Course, sink: SinkNode, post: Post, accounts_count: int) -> list[tuple[str, Content]]:
    return [(new_id(), content) for content in rendered(course.graph, sink, post, accounts_count)]


def _leg(
    course: Course, sink: SinkNode, ids: tuple[str, ...], contents: list[tuple[str, Content]], approval: str
) -> Leg:
    return Leg(
        sink=sink.name,
        version_id=course.version_id,
        accounts=ids,
        contents=tuple(content_id for content_id, _ in contents),
        released_at=course.released_at,
        max_age_s=int(course.graph.max_age.total_seconds()),
        spread_s=sink.spread.total_seconds(),
        approval=approval,
        distinct=distinct_on(sink),
        round=course.round,
    )
