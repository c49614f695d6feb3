"""What is wrong with the arrows of a graph: all of it at once, each as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import networkx as nx

from engine.errors import MappingError
from engine.graph.paths import drawn_from, ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.graph.compiled import Graph
    from engine.graph.nodes import Feed

FlawCode = Literal["unknown", "leaf", "port", "circle", "unfed", "idle"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the arrows: the nodes that it is about, and a sentence.

    `unknown`: fed by a node that does not exist; `leaf`: fed by a sink; `port`: a router's output that does not exist
    or is not named; `circle`: nodes that feed each other, in order; `unfed`: no source reaches it; `idle`: what leaves
    it reaches no sink.
    """

    code: FlawCode
    nodes: tuple[str, ...]
    sentence: str


def flaws(graph: Graph) -> tuple[Flaw, ...]:
    """Return what is wrong with the arrows of a graph; one without flaws can be walked and wastes nothing."""
    drawn = drawn_from(graph.sources, graph.fed())
    circles = tuple(_circles(drawn))
    turning = {name for circle in circles for name in circle.nodes}
    return (*_wrong_feeds(graph), *circles, *_unfed(graph, drawn, turning), *_idle(graph, drawn, turning))


def order(graph: Graph) -> tuple[str, ...]:
    """Return the names of the nodes, each after all that feed it; refuse a circle, naming it node by node."""
    drawn = drawn_from(graph.sources, graph.fed())
    for circle in _circles(drawn):
        raise MappingError(circle.sentence)
    return tuple(ranked(drawn))


def _wrong_feeds(graph: Graph) -> Iterator[Flaw]:
    for node in graph.fed():
        for feed in node.feeds:
            pair = (node.name, feed.name)
            if feed.name in graph.sinks:
                yield Flaw("leaf", pair, f"{feed.name} is a sink: nothing leaves it, so it cannot feed {node.name}.")
            elif feed.name not in graph.sources and feed.name not in graph.operators:
                yield Flaw("unknown", pair, f"{node.name} is fed by {feed.name}, and there is no such node.")
            elif feed.port not in (ports := _ports(graph, feed.name)):
                yield Flaw("port", pair, f"{node.name} is fed by {feed}, {_remedy(feed, ports)}")


def _ports(graph: Graph, name: str) -> tuple[str | None, ...]:
    node = graph.operators.get(name)
    return (node.operator.ports or (None,)) if node else (None,)


def _remedy(feed: Feed, ports: tuple[str | None, ...]) -> str:
    if ports == (None,):
        return f"and {feed.name} has one output: write {feed.name}."
    return f"which is not one of its outputs: write {' or '.join(f'{feed.name}.{port}' for port in ports)}."


def _circles(drawn: nx.DiGraph[str]) -> Iterator[Flaw]:
    """Name one circle of each group of nodes that can all reach each other."""
    found = nx.strongly_connected_components(drawn)
    groups = [group for group in found if len(group) > 1 or all(drawn.has_edge(name, name) for name in group)]
    for name in drawn if groups else ():
        for group in [group for group in groups if name in group]:
            groups.remove(group)
            ring = tuple(edge[0] for edge in nx.find_cycle(drawn.subgraph(group), name))
            path = " → ".join((*ring, ring[0]))
            yield Flaw("circle", ring, f"These nodes feed each other in a circle: {path}. Take one of the arrows out.")


def _unfed(graph: Graph, drawn: nx.DiGraph[str], turning: set[str]) -> Iterator[Flaw]:
    reached = _with_beyond(drawn.succ, (*graph.sources, *turning))
    for node in graph.fed():
        if node.name not in reached:
            yield Flaw("unfed", (node.name,), f"No source reaches {node.name}: no post will ever come by.")


def _idle(graph: Graph, drawn: nx.DiGraph[str], turning: set[str]) -> Iterator[Flaw]:
    useful = _with_beyond(drawn.pred, (*graph.sinks, *turning))
    for name in (*graph.sources, *graph.operators):
        if name not in useful:
            yield Flaw("idle", (name,), f"What leaves {name} reaches no sink: its posts go nowhere.")


def _with_beyond(neighbours: Mapping[str, Iterable[str]], names: Iterable[str]) -> set[str]:
    """Return the nodes, and all that lie beyond them; one look at each arrow, however many nodes there are."""
    known = set(names)
    ahead = list(known)
    while ahead:
        found = [name for name in neighbours[ahead.pop()] if name not in known]
        known.update(found)
        ahead += found
    return known
