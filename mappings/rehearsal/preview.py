"""What would become of a post, and in which words, if nothing had to wait."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from engine.content.rendering import Wording, render
from engine.content.shortening import standing_in
from engine.contract.operator import Held, HoldingOperator, Look, Release, ReleaseContext
from engine.errors import MappingError
from engine.graph import walk
from engine.model.text import measure
from mappings.rehearsal.dry_run import LOOKED

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from engine.graph import End, Graph, Halt, SinkNode, Step
    from engine.model.post import Content, Post


@dataclass(frozen=True, slots=True)
class Rendered:
    """One variant of a sink: its content and how long its text is, or the sentence that says why there is none.

    `cost` is what the platform charges for each account, in US dollars; None where it charges nothing.
    """

    variant: int
    content: Content | None
    length: int = 0
    text_max: int | None = None
    unit: str = "characters"
    problem: str = ""
    cost: Decimal | None = None


class Stay(NamedTuple):
    """A node that holds posts: when this one would come there, and go on if nothing else waited (maybe at once)."""

    node: str
    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What becomes of a post: `waits` are the nodes at which it would wait, each passed through all the same."""

    sinks: dict[str, tuple[Rendered, ...]]
    waits: tuple[Stay, ...]
    dropped: tuple[End, ...]
    steps: tuple[Step, ...]


def render_preview(graph: Graph, post: Post, now: datetime, source: str | None = None) -> Preview:
    """Follow a post from a source, the first where none is named, and render it for every sink that it reaches. Pure.

    A sink that several branches reach is shown once, as the first of them gives it: so it would be published.
    """
    start = source or next(iter(graph.sources))
    posts: dict[str, Post] = {}
    waits: list[Stay] = []
    dropped: list[End] = []
    steps: list[Step] = []
    ahead = [(start, post, now)]
    while ahead:
        (node, came, at), *ahead = ahead
        walked = walk(graph, came, node, at)
        for halt in walked.held:
            stay, leaving = _stay(graph, halt, at)
            waits.append(stay)
            ahead.append((halt.node, leaving, stay.until))
        dropped += walked.dropped
        steps += walked.steps
        for arrival in walked.arrived:
            posts.setdefault(arrival.sink, arrival.post)
    shown = {name: _rendered(graph, sink, posts[name]) for name, sink in graph.sinks.items() if name in posts}
    return Preview(shown, tuple(waits), tuple(dropped), tuple(steps))


def _stay(graph: Graph, halt: Halt, now: datetime) -> tuple[Stay, Post]:
    """Ask a node when it would let a post go that comes there at this time as the only one, and as which post."""
    operator = graph.operators[halt.node].operator
    if not isinstance(operator, HoldingOperator):
        return Stay(halt.node, halt.reason, now, now), halt.post
    held = [Held("1", halt.post, now, look=Look(now, good=True, reason=LOOKED[True]))]
    answer = operator.release(held, _context(graph, now))
    if isinstance(answer, Release):
        return Stay(halt.node, halt.reason, now, now), answer.into or halt.post
    later = operator.release(held, replace(_context(graph, answer.until), removed=True))
    into = later.into if isinstance(later, Release) else None
    return Stay(halt.node, answer.reason or halt.reason, now, answer.until), into or halt.post


def _context(graph: Graph, now: datetime) -> ReleaseContext:
    # Chance plays a part in tanks alone, and with one post there is nothing to choose.
    return ReleaseContext(now, graph.zone, (), random.Random(0), graph.mapping)  # noqa: S311


def _rendered(graph: Graph, sink: SinkNode, post: Post) -> tuple[Rendered, ...]:
    room, post = sink.sink.room, standing_in(post)
    shown = []
    for number, template in enumerate(sink.variants or (None,)):
        try:
            content = render(post, Wording(graph.mapping, graph.zone, template, number), room)
        except MappingError as error:
            shown.append(Rendered(number, None, text_max=room.text_max, unit=room.text_unit, problem=str(error)))
            continue
        length = measure(content.text, room.text_unit)
        shown.append(
            Rendered(number, content, length, room.text_max, room.text_unit, cost=sink.sink.cost(content) or None)
        )
    return tuple(shown)
