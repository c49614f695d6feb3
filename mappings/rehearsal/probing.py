"""A mapping with doors for its tests: posts go in at any node, and what leaves any node is seen. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, TypeVar

from engine.contract.node import NodeConfig
from engine.contract.sink import Sink
from engine.errors import MappingError
from engine.graph import Feed, OperatorNode, SinkNode
from mappings.compiling import STEADY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.graph import Graph
    from engine.model.post import Content

Fed = TypeVar("Fed", OperatorNode, SinkNode)

ENTRANCE: Final = "->"
"""Before a node's name, the place at which posts of a test go into it; no node has such a name."""

EXIT: Final = "=>"
"""Before what is expected to give posts, the place at which they are seen; no node has such a name."""


class Glass(Sink[NodeConfig]):
    """Show what a node lets through."""

    kind = "glass"
    title = "Glass"
    example: ClassVar = {}

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: dict[str, str]) -> bytes:
        """Return nothing: nothing is published."""
        del content, account, attempt, prepared
        return b""

    async def commit(self, body: bytes, ctx: SendContext) -> NoReturn:
        """Refuse."""
        del body, ctx
        raise MappingError("What a test of a mapping sees is never published.")


def probed(graph: Graph, entered: Iterable[str], watched: Iterable[str]) -> Graph:
    """Return a graph with an entrance into nodes, and a glass behind what is no sink, each by its name."""
    names = set(entered)
    model = next(iter(graph.sources.values()))
    entrances = {f"{ENTRANCE}{name}": replace(model, name=f"{ENTRANCE}{name}") for name in names}
    operators = {name: _entered(node, names) for name, node in graph.operators.items()}
    sinks = {name: _entered(node, names) for name, node in graph.sinks.items()}
    sinks |= {f"{EXIT}{feed}": _glass(graph, feed) for feed in watched if feed not in graph.sinks}
    return replace(graph, sources=graph.sources | entrances, operators=operators, sinks=sinks)


def rests(name: str) -> tuple[str, str]:
    """Return a node's names: a source with `steady:` ends and holds posts in a node of its own."""
    return name, f"{name}{STEADY}"


def _entered(node: Fed, names: set[str]) -> Fed:
    if node.name not in names:
        return node
    return replace(node, feeds=(*node.feeds, Feed(f"{ENTRANCE}{node.name}")))


def _glass(graph: Graph, feed: str) -> SinkNode:
    name, _, port = feed.partition(".")
    resting = f"{name}{STEADY}"
    name = resting if resting in graph.operators else name
    ports = (port,) if port else (graph.operators[name].operator.ports if name in graph.operators else ())
    feeds = tuple(Feed(name, one) for one in ports) or (Feed(name),)
    return SinkNode(f"{EXIT}{feed}", Glass(NodeConfig()), feeds)
