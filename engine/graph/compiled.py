"""A mapping, compiled: immutable, and laid out once for every walk from the same node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.graph.paths import Paths

if TYPE_CHECKING:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from engine.graph.nodes import OperatorNode, SinkNode, SourceNode


@dataclass(frozen=True, slots=True)
class Graph:
    """A mapping, compiled: what the engine runs."""

    mapping: str
    title: str
    zone: ZoneInfo
    max_age: timedelta
    sources: dict[str, SourceNode]
    operators: dict[str, OperatorNode]
    sinks: dict[str, SinkNode]
    paths: Paths = field(init=False, repr=False, compare=False)
    """Where a post goes from each node that it can leave; a KeyError when the arrows make a circle."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", Paths(self.sources, self.fed()))

    def fed(self) -> tuple[OperatorNode | SinkNode, ...]:
        """Return the nodes that others feed, in the order of the mapping."""
        return (*self.operators.values(), *self.sinks.values())
