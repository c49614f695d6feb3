"""Where posts go from each node: the arrows laid out once, so that a walk is one pass over a row of stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import networkx as nx

from engine.graph.nodes import OperatorNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.contract.operator import Operator
    from engine.graph.nodes import SinkNode


class Step(NamedTuple):
    """What happened to the post at one node, in a sentence."""

    node: str
    what: Literal["passed", "changed", "routed", "again", "dropped", "held", "arrived"]
    sentence: str


class Stop(NamedTuple):
    """A node on a path.

    A place is a number for each output that feeds something: there the post lies until it is taken. `place` feeds the
    node when only one does, else `takes` are the places with the names of their outputs; `gives` are its own places by
    port. `calm` is the step of a post that comes by and nothing happens to it.
    """

    name: str
    operator: Operator[Any] | None
    place: int | None
    takes: tuple[tuple[int, str], ...]
    gives: dict[str | None, int]
    calm: Step


class Path(NamedTuple):
    """All that lies behind one node, each stop after those that feed it; `place` is where the post starts."""

    place: int | None
    stops: tuple[Stop, ...]
    places: int


def drawn_from(sources: Iterable[str], fed: Sequence[OperatorNode | SinkNode]) -> nx.DiGraph[str]:
    """Draw the arrows between nodes that exist, in the order of the mapping; nothing leaves a sink."""
    leaving = {*sources, *(node.name for node in fed if isinstance(node, OperatorNode))}
    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(sources)
    drawn.add_nodes_from(node.name for node in fed)
    drawn.add_edges_from((feed.name, node.name) for node in fed for feed in node.feeds if feed.name in leaving)
    return drawn


def ranked(drawn: nx.DiGraph[str]) -> list[str]:
    """Return the names, each after all that feed it, else as they were drawn; there must be no circle."""
    rank = {name: nth for nth, name in enumerate(drawn)}
    return list(nx.lexicographical_topological_sort(drawn, key=rank.__getitem__))


class Paths(dict[str, Path]):
    """The path behind each node that posts leave, laid out when it is first asked for; none when there is a circle."""

    def __init__(self, sources: Iterable[str], fed: Sequence[OperatorNode | SinkNode]) -> None:
        super().__init__()
        self._sources, self._fed = tuple(sources), fed
        self._laid: _Laid | None = None

    def __missing__(self, start: str) -> Path:
        """Lay out the path behind a node; raises KeyError where no post leaves it."""
        laid = self._laid = self._laid or _laid(self._sources, self._fed)
        gives = laid.gives[start]
        behind = nx.descendants(laid.drawn, start)
        path = Path(gives.get(None), tuple(stop for stop in laid.row if stop.name in behind), laid.places)
        return self.setdefault(start, path)


class _Laid(NamedTuple):
    """The arrows, every stop in the order of a walk, and the places of each node that posts leave, by its ports."""

    drawn: nx.DiGraph[str]
    row: tuple[Stop, ...]
    gives: dict[str, dict[str | None, int]]
    places: int


def _laid(sources: tuple[str, ...], fed: Sequence[OperatorNode | SinkNode]) -> _Laid:
    drawn = drawn_from(sources, fed)
    if not nx.is_directed_acyclic_graph(drawn):
        return _Laid(drawn, (), {}, 0)
    gives: dict[str, dict[str | None, int]] = {name: {} for name in drawn}
    feeds = dict.fromkeys(feed for node in fed for feed in node.feeds if drawn.has_edge(feed.name, node.name))
    for place, feed in enumerate(feeds):
        gives[feed.name][feed.port] = place
    stops = {node.name: _stop(node, gives) for node in fed}
    row = tuple(stops[name] for name in ranked(drawn) if name in stops)
    leaving = {*sources, *(stop.name for stop in row if stop.operator)}
    return _Laid(drawn, row, {name: gives[name] for name in gives if name in leaving}, len(feeds))


def _stop(node: OperatorNode | SinkNode, gives: dict[str, dict[str | None, int]]) -> Stop:
    known = [feed for feed in node.feeds if feed.port in gives.get(feed.name, {})]
    takes = tuple((gives[feed.name][feed.port], str(feed)) for feed in known)
    place = takes[0][0] if len(takes) == 1 else None
    if isinstance(node, OperatorNode):
        return Stop(node.name, node.operator, place, takes, gives[node.name], Step(node.name, "passed", "Let through."))
    return Stop(node.name, None, place, takes, gives[node.name], Step(node.name, "arrived", "Arrived."))
