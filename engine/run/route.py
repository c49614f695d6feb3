"""Route: let one post travel the mappings that read its source.

The step, numbered as in the design (4, *A post, from poll to delivered*), in its parts:

5.  `walk(graph, post)` is pure: every branch ends dropped, held or at a sink.
    a. A transaction gives the post a route for each mapping that reads its source, and marks it routed. A route of a
       paused mapping stays new until it is resumed.
    b. Transaction 1 of each route, its state new -> routing: the audience as it is now, which variant each account
       gets, the contents, the held posts, the trace and the ledger. Up to `settings.chunk` accounts (1,000): with all
       the deliveries, and the route is routed.
    c. Else chunks of so many deliveries, each moving the route's cursor in its own transaction; the last marks it
       routed.

Killed before a: the due tick finds the new post. After a, after b and between chunks: it finds the route, and the walk
is done again or goes on at the cursor. unique(account, post, round) and the cursor see that nothing is planned twice.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.contract.operator import HoldingOperator
from engine.graph import End, Step, Walk, walk
from engine.ids import new_id
from engine.model.post import Post
from engine.run.decisions import too_old
from engine.run.fault import is_fault, stuck
from engine.run.plan import Course, begin, draft, finish
from engine.store import routes
from engine.store.planning import Way
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from engine.graph import Graph
    from engine.run.core import Core
    from engine.store.routes import Line, RouteRow

AT_ONCE = 200
"""So many posts of a source are looked up at once: as many as a tick wakes."""

TAKEN_FOR = timedelta(seconds=5)
"""So long the posts of a source wait for a process that was killed while it routed them."""


async def route(core: Core, post_id: str) -> None:
    """Route a post through every mapping that reads its source, as far as nobody has yet.

    What fails in one mapping does not stop the others: its route is put aside until the mapping has another version,
    with a trace, and the first failure is raised at the end. Where the database is in trouble nothing is put aside.

    On PostgreSQL other processes have posts in hand, too. So that an account gets those of a source in order, and none
    is walked twice, a process takes the line of a source in which several stand, and routes all of it; the others turn
    away what stands in it meanwhile.
    """
    if core.store.dialect == "sqlite":  # one process does all, one post at a time
        _raise(await _routed(core, post_id))
        return
    line = await core.store.read(routes.line, post_id, core.worker, core.clock.now(), AT_ONCE)
    if line is None:
        return
    if {post_id}.issuperset(line.posts):
        _raise(await _routed(core, post_id))
    elif await core.store.write(routes.take, line, core.worker, _term(core)):
        try:
            own = await _route_line(core, line, post_id)
        finally:
            await core.store.write(routes.give_back, line, core.worker)
        await _wake_later(core, line, post_id)
        _raise(own)


async def _route_line(core: Core, line: Line, post_id: str) -> list[BaseException | None]:
    """Route the posts of a source, oldest first, and return what was raised by the one that was asked for.

    The others' faults are put aside, and told by their own items; all else ends the line, so that it keeps its order.
    """
    own: list[BaseException | None] = []
    late = core.clock.now() + TAKEN_FOR / 2
    posts = {*line.posts, post_id} if len(line.posts) < AT_ONCE else line.posts
    for one in sorted(posts):
        if core.clock.now() > late:
            late = core.clock.now() + TAKEN_FOR / 2
            if not await core.store.write(routes.take, line, core.worker, _term(core)):
                break  # this process stood still, and another goes on
        ends = await _routed(core, one)
        _raise([end for end in ends if not is_fault(end)])
        own = ends if one == post_id else own
    return own


async def _wake_later(core: Core, line: Line, post_id: str) -> None:
    """Wake what came to the line meanwhile: other processes may have turned it away. It waits behind other sources."""
    left = await core.store.read(routes.line, post_id, core.worker, core.clock.now(), AT_ONCE)
    if left is not None and (later := [one for one in left.posts if one not in line.posts]):
        await core.wake.wake(Kind.ROUTE, later)


def _raise(ends: Iterable[BaseException | None]) -> None:
    for end in ends:
        if end is not None:
            raise end


def _term(core: Core) -> tuple[datetime, datetime]:
    now = core.clock.now()
    return now, now + TAKEN_FOR


async def _routed(core: Core, post_id: str) -> list[BaseException | None]:
    """Route a post, put aside what fails, and return what was raised."""
    rows = await core.store.write(routes.begin, post_id, core.clock.now(), new_id)
    ends = await asyncio.gather(*(_route(core, row) for row in rows), return_exceptions=True)
    failed = [(row, end) for row, end in zip(rows, ends, strict=True) if is_fault(end)]
    if failed:
        now = core.clock.now()
        told = [stuck(_way(row), row.node, end, now) for row, end in failed]
        await core.store.write(routes.set_aside, [row for row, _ in failed], told)
    return ends


def _way(row: RouteRow) -> Way:
    return Way(row.id, row.workspace_id, row.post_id, row.mapping_id, row.mapping)


async def _route(core: Core, row: RouteRow) -> None:
    if row.state == routes.ROUTING:
        await finish(core, _way(row))
        return
    version_id, graph = await _version(core, row)
    # What is due counts from when the post could first be routed: a pause, or a crash, is lateness.
    course = Course(_way(row), graph, version_id, core.clock.now(), released_at=row.created_at)
    await begin(core, course, await draft(core, course, _walked(graph, row, course)))


async def _version(core: Core, row: RouteRow) -> tuple[str, Graph]:
    """Return the current version; for a post that a node made which is gone since, the one by which it was made."""
    graph = await core.graph(row.version_id)
    node = graph.operators.get(row.node)
    if not row.derived or (node is not None and isinstance(node.operator, HoldingOperator)):
        return row.version_id, graph
    return row.own_version, await core.graph(row.own_version)


def _walked(graph: Graph, row: RouteRow, course: Course) -> Walk:
    post = Post.model_validate_json(row.document)
    if row.derived:
        return walk(graph, post, row.node, course.now)
    if row.node not in graph.sources:
        return _ended(row.node, f"The mapping has no source {row.node} any more.")
    late = "" if row.first_run else too_old(graph, row.published_at, row.seen_at)
    if late:
        return _ended(row.node, late)
    return walk(graph, post, row.node, course.now)


def _ended(node: str, sentence: str) -> Walk:
    return Walk(arrived=(), held=(), dropped=(End(node, sentence),), steps=(Step(node, "dropped", sentence),))
