"""Posts that wait for an editor: what each would become, until when, and the decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import naming, pausing
from engine.errors import ChappeError, MappingError
from engine.model.post import Post
from engine.run import approval
from engine.store import verdicts
from mappings.operators.approve import Approve
from mappings.rehearsal.preview import render_preview

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.graph import Graph
    from engine.run.person import Desk
    from engine.store.verdicts import Asking, Said
    from mappings.rehearsal.preview import Preview


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post that waits: the node's note or sentence, until when it does and what happens then (drop, pass or wait).

    `until` is None where it waits for ever.
    """

    asking: Asking
    post: Post
    note: str
    until: datetime | None
    then: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """A post that waits, and what it would become; `audiences` says for whom each sink that it reaches publishes."""

    waiting: Waiting
    graph: Graph
    preview: Preview
    audiences: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: done, or the sentence that says why not; `paused` is what holds the post up."""

    asking: Asking
    why: str = ""
    paused: Sequence[str] = ()


async def listed(
    desk: Desk, workspace_id: str, *, mapping: str | None = None, after: str = "", limit: int = 100
) -> list[Waiting]:
    """Return what waits for an editor, oldest first; raises NotFoundError for a mapping that is not there."""
    mapping_id = (await naming.mapping(desk.store, workspace_id, mapping)).id if mapping else None
    rows = await desk.store.read(verdicts.listed, workspace_id, mapping_id=mapping_id, after=after, limit=limit)
    return [await _waiting(desk, row) for row in rows]


async def found(desk: Desk, workspace_id: str, ends: Sequence[str]) -> list[Asking]:
    """Return the posts that a person typed; raises NotFoundError or ConflictError before anything is done."""
    rows = [await approval.find(desk, workspace_id, end) for end in ends]
    return list({row.id: row for row in rows}.values())


async def prospect(desk: Desk, asking: Asking) -> Prospect:
    """Return what a post would become if it were approved now; raises MappingError where nobody can tell."""
    _, graph = await approval.course(desk, asking)
    waiting = await _waiting(desk, asking)
    preview = render_preview(graph, waiting.post, desk.clock.now(), asking.node)
    return Prospect(waiting, graph, preview, {name: _for_whom(graph, name) for name in preview.sinks})


async def decide(desk: Desk, rows: Sequence[Asking], said: Said) -> list[Outcome]:
    """Decide about each."""
    done = []
    for row in rows:
        try:
            done.append(await decide_one(desk, row, said))
        except ChappeError as error:
            done.append(Outcome(row, str(error)))
    return done


async def decide_one(desk: Desk, row: Asking, said: Said) -> Outcome:
    """Decide about one; raises ConflictError where it has been decided or changed meanwhile."""
    await approval.decide(desk, row, said)
    paused = await pausing.over(desk.store, row.workspace_id, row.mapping_id)
    return Outcome(row, paused=paused if said.yes else ())


async def _waiting(desk: Desk, row: Asking) -> Waiting:
    post = Post.model_validate_json(row.document)
    try:
        _, graph = await approval.course(desk, row)
    except MappingError:
        return Waiting(row, post, "", None, "wait")
    operator = graph.operators[row.node].operator
    if not isinstance(operator, Approve):
        return Waiting(row, post, row.reason, None, "wait")
    return Waiting(row, post, operator.config.note, operator.deadline(row.since), operator.policy)


def _for_whom(graph: Graph, name: str) -> str:
    sink = graph.sinks[name]
    if sink.audience is not None:
        return f"for the group {sink.audience}"
    return f"for {', '.join(sink.accounts)}" if sink.accounts else "to its own address"
