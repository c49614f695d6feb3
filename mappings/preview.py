"""What would become of a post, and in which words, if nothing had to wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.content.rendering import Room, Wording, render
from engine.errors import MappingError
from engine.graph import walk
from engine.model.text import measure

if TYPE_CHECKING:
    from datetime import datetime

    from engine.graph import End, Graph, Halt, SinkNode, Step
    from engine.model.post import Content, Post


@dataclass(frozen=True, slots=True)
class Rendered:
    """One variant of a sink: its content and how long its text is, or the sentence that says why there is none."""

    variant: int
    content: Content | None
    length: int = 0
    text_max: int | None = None
    unit: str = "characters"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What becomes of a post: `waits` are the nodes at which it would wait, each passed through all the same."""

    sinks: dict[str, tuple[Rendered, ...]]
    waits: tuple[Halt, ...]
    dropped: tuple[End, ...]
    steps: tuple[Step, ...]


def render_preview(graph: Graph, post: Post, now: datetime, source: str | None = None) -> Preview:
    """Follow a post from a source, the first where none is named, and render it for every sink that it reaches. Pure.

    A sink that several branches reach is shown once, as the first of them gives it: so it would be published.
    """
    start = source or next(iter(graph.sources))
    posts: dict[str, Post] = {}
    waits: list[Halt] = []
    dropped: list[End] = []
    steps: list[Step] = []
    ahead = [(start, post)]
    while ahead:
        walked = walk(graph, ahead[0][1], ahead[0][0], now)
        ahead = [*ahead[1:], *((halt.node, halt.post) for halt in walked.held)]
        waits += walked.held
        dropped += walked.dropped
        steps += walked.steps
        for arrival in walked.arrived:
            posts.setdefault(arrival.sink, arrival.post)
    shown = {name: _rendered(graph, sink, posts[name]) for name, sink in graph.sinks.items() if name in posts}
    return Preview(shown, tuple(waits), tuple(dropped), tuple(steps))


def _rendered(graph: Graph, sink: SinkNode, post: Post) -> tuple[Rendered, ...]:
    limits = sink.sink.limits
    if limits.text_unit == "x_weighted":
        return (Rendered(0, None, problem="Texts for this network cannot be counted."),)
    room = Room(limits.text_max, limits.text_unit, limits.media.count)
    shown = []
    for number, template in enumerate(sink.variants or (None,)):
        try:
            content = render(post, Wording(graph.mapping, graph.zone, template, number), room)
        except MappingError as error:
            shown.append(Rendered(number, None, text_max=room.text_max, unit=room.text_unit, problem=str(error)))
            continue
        length = measure(content.text, room.text_unit)
        shown.append(Rendered(number, content, length, room.text_max, room.text_unit))
    return tuple(shown)
