"""The walk of a post through a graph: the pure decision what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.contract.context import WalkContext
from engine.contract.operator import Drop, Hold, Pass
from engine.errors import ChappeError, MappingError
from engine.graph.flaws import order
from engine.graph.paths import Step

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.operator import Decision, Operator, Split
    from engine.graph.compiled import Graph
    from engine.graph.paths import Path, Stop
    from engine.model.post import Post


class Arrival(NamedTuple):
    """A branch that ends at a sink, with the post as it came there."""

    sink: str
    post: Post


class Halt(NamedTuple):
    """A branch that waits at a holding node."""

    node: str
    post: Post
    reason: str


class End(NamedTuple):
    """A branch that ends before any sink."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What becomes of a post: every branch ends dropped, held or arrived; `steps` tell it node by node."""

    arrived: tuple[Arrival, ...]
    held: tuple[Halt, ...]
    dropped: tuple[End, ...]
    steps: tuple[Step, ...]


def walk(graph: Graph, post: Post, start: str, now: datetime) -> Walk:
    """Follow a post from a source, or onward from a node that held it, to the end of every branch. Pure.

    A node that two paths feed gets the post once, as the first of its feeds gives it; the other leaves a trace. An
    error that an operator raises on purpose ends its branch with the error's sentence.
    """
    path = _path(graph, start)
    places: list[Post | None] = [None] * path.places
    tale = _Tale(places)
    if path.place is None:
        tale.drop(start, "Nothing is connected behind this node.")
    else:
        places[path.place] = post
    for stop in path.stops:
        came = _taken(stop, tale) if stop.place is None else places[stop.place]
        if came is None:
            continue
        if stop.operator is None:
            tale.arrived.append(Arrival(stop.name, came))
            tale.steps.append(stop.calm)
            continue
        decision = _decision(stop.operator, came, WalkContext(graph.mapping, stop.name, graph.zone, now))
        if isinstance(decision, Pass):
            _pass(stop, came, decision, tale)
        else:
            _end(stop, came, decision, tale)
    return Walk(tuple(tale.arrived), tuple(tale.held), tuple(tale.dropped), tuple(tale.steps))


class _Tale:
    """The walk while it goes: what lies at each place, and what happened so far."""

    __slots__ = ("arrived", "dropped", "held", "places", "steps")

    def __init__(self, places: list[Post | None]) -> None:
        self.places = places
        self.arrived: list[Arrival] = []
        self.held: list[Halt] = []
        self.dropped: list[End] = []
        self.steps: list[Step] = []

    def drop(self, node: str, reason: str) -> None:
        self.dropped.append(End(node, reason))
        self.steps.append(Step(node, "dropped", reason))


def _path(graph: Graph, start: str) -> Path:
    try:
        return graph.paths[start]
    except KeyError:
        order(graph)
        message = f"No post leaves {start}: {graph.mapping} has neither a source nor an operator of that name."
        raise MappingError(message) from None


def _taken(stop: Stop, tale: _Tale) -> Post | None:
    came, first = None, ""
    for place, giver in stop.takes:
        given = tale.places[place]
        if given is None:
            continue
        if came is None:
            came, first = given, giver
        else:
            sentence = f"It also came by {giver}; it is taken once, as {first} gave it."
            tale.steps.append(Step(stop.name, "again", sentence))
    return came


def _decision(operator: Operator[Any], post: Post, ctx: WalkContext) -> Decision:
    try:
        return operator.decide(post, ctx)
    except ChappeError as error:
        return Drop(str(error))


def _end(stop: Stop, came: Post, decision: Drop | Hold | Split, tale: _Tale) -> None:
    if isinstance(decision, Drop):
        tale.drop(stop.name, decision.reason)
    elif isinstance(decision, Hold):
        tale.held.append(Halt(stop.name, decision.post or came, decision.reason))
        tale.steps.append(Step(stop.name, "held", decision.reason))
    else:
        for part in decision.parts:
            _pass(stop, came, part, tale)


def _pass(stop: Stop, came: Post, decision: Pass, tale: _Tale) -> None:
    post, port = decision.post, decision.port
    place = stop.gives.get(port)
    if place is None:
        tale.drop(stop.name, f"Nothing is connected to {stop.name}{f'.{port}' if port else ''}.")
        return
    tale.places[place] = post
    if port is not None:
        tale.steps.append(Step(stop.name, "routed", f"Sent to {port}. {decision.reason}".rstrip()))
    elif post is came:
        tale.steps.append(stop.calm)
    else:
        tale.steps.append(Step(stop.name, "changed", "Changed and let through."))
