"""The compiled mapping: nodes, arrows, and the walk of a post through them. The only room that knows networkx.

A graph with a circle can be made and asked for its flaws, but not walked.
"""

from __future__ import annotations

from engine.graph.compiled import Graph
from engine.graph.flaws import Flaw, flaws, order
from engine.graph.layers import layers
from engine.graph.nodes import Approval, Feed, FirstRun, OperatorNode, SinkNode, SourceNode
from engine.graph.paths import Step
from engine.graph.walk import Arrival, End, Halt, Walk, walk

__all__ = [
    "Approval",
    "Arrival",
    "End",
    "Feed",
    "FirstRun",
    "Flaw",
    "Graph",
    "Halt",
    "OperatorNode",
    "SinkNode",
    "SourceNode",
    "Step",
    "Walk",
    "flaws",
    "layers",
    "order",
    "walk",
]
