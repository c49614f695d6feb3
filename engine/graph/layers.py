"""The nodes of a graph in columns, as they are drawn: each behind all that feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from engine.graph.flaws import order
from engine.graph.paths import drawn_from

if TYPE_CHECKING:
    from engine.graph.compiled import Graph


def layers(graph: Graph) -> list[list[tuple[str, ...]]]:
    """Return the columns from top to bottom, sinks in the last; few arrows cross.

    `(name,)` stands for a node, and `(feed, name, column)` is the room that an arrow needs to pass a column, by number,
    between the two.
    Raises MappingError where there is a circle.
    """
    order(graph)
    drawn = drawn_from(graph.sources, graph.fed())
    columns = [[name for name in column if name not in graph.sinks] for column in nx.topological_generations(drawn)]
    names = [column for column in (*columns, list(graph.sinks)) if column]
    column_of = {name: nth for nth, column in enumerate(names) for name in column}
    found: list[list[tuple[str, ...]]] = [[(name,) for name in column] for column in names]
    before: dict[tuple[str, ...], list[tuple[str, ...]]] = {place: [] for column in found for place in column}
    for feed, name in drawn.edges:
        behind: tuple[str, ...] = (feed,)
        for nth in range(column_of[feed] + 1, column_of[name]):
            room = (feed, name, str(nth))
            found[nth].append(room)
            before[room] = [behind]
            behind = room
        before[(name,)].append(behind)
    return _untangled(found, before)


def _untangled(
    columns: list[list[tuple[str, ...]]], before: dict[tuple[str, ...], list[tuple[str, ...]]]
) -> list[list[tuple[str, ...]]]:
    """Order each column by the middle of what leads there."""
    rows: dict[tuple[str, ...], float] = {}
    for column in columns:
        here = {place: float(nth) for nth, place in enumerate(column)}
        for place in column:
            feeds = [rows[feed] for feed in before[place] if feed in rows]
            here[place] = sum(feeds) / len(feeds) if feeds else here[place]
        column.sort(key=here.__getitem__)
        rows.update({place: nth - (len(column) - 1) / 2 for nth, place in enumerate(column)})
    return columns
