"""A mapping as a picture: for Mermaid, for Graphviz, or drawn here as SVG. Pure.

The SVG has columns from sources to sinks, a title and a description for those who cannot see it, and colours that keep
their contrast on white; no colour alone says anything.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.graph import layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.graph import Feed, Graph, SinkNode

WIDE: Final = 190
HIGH: Final = 58
APART: Final = 80
BELOW: Final = 26
EDGE: Final = 24
NAME_SIZE: Final = 14
LETTERS: Final = 22
"""So many letters of a name fit into a box."""

_STYLES: Final = {
    "source": ("#e8f1fb", "#1f5f99"),
    "operator": ("#ffffff", "#4a4a4a"),
    "sink": ("#eaf6ec", "#23693a"),
}


class _Box(NamedTuple):
    name: str
    role: str
    kind: str
    note: str


def mermaid(graph: Graph) -> str:
    """Return a flow chart for Mermaid."""
    shapes = {"source": ('(["', '"])'), "operator": ('["', '"]'), "sink": ('[["', '"]]')}
    ids = {box.name: f"n{nth}" for nth, box in enumerate(_boxes(graph))}
    lines = [f"%% {_line(graph.title)}", "flowchart LR"]
    for box in _boxes(graph):
        left, right = shapes[box.role]
        said = "<br>".join(_for_mermaid(text) for text in (box.name, box.kind, box.note) if text)
        lines.append(f"  {ids[box.name]}{left}{said}{right}")
    for feed, name in _arrows(graph):
        port = f'|"{_for_mermaid(feed.port)}"|' if feed.port else ""
        lines.append(f"  {ids[feed.name]} -->{port} {ids[name]}")
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """Return a graph for Graphviz."""
    shapes = {"source": "oval", "operator": "box", "sink": "box3d"}
    lines = [f"digraph {_quoted(graph.mapping)} {{", "  rankdir=LR;", f"  label={_quoted(graph.title)};"]
    for box in _boxes(graph):
        said = "\n".join(text for text in (box.name, box.kind, box.note) if text)
        lines.append(f"  {_quoted(box.name)} [shape={shapes[box.role]}, label={_quoted(said)}];")
    for feed, name in _arrows(graph):
        port = f" [label={_quoted(feed.port)}]" if feed.port else ""
        lines.append(f"  {_quoted(feed.name)} -> {_quoted(name)}{port};")
    return "\n".join([*lines, "}"]) + "\n"


def svg(graph: Graph) -> str:
    """Return a picture that any browser shows."""
    columns = layers(graph)
    tallest = max(map(len, columns))
    width = 2 * EDGE + len(columns) * (WIDE + APART) - APART
    height = 2 * EDGE + tallest * (HIGH + BELOW) - BELOW
    places = {
        place: (EDGE + nth * (WIDE + APART), EDGE + (at + (tallest - len(column)) / 2) * (HIGH + BELOW))
        for nth, column in enumerate(columns)
        for at, place in enumerate(column)
    }
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" width="{width}"'
            f' height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif">'
        ),
        f'<title id="title">{escape(graph.title)}</title>',
        f'<desc id="desc">{escape(_told(graph))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="#5a5a5a"/></marker></defs>'
        ),
        *(_arrow(feed, name, places) for feed, name in _arrows(graph)),
        *(_box(box, places[box.name,]) for box in _boxes(graph)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def as_dict(graph: Graph) -> dict[str, Any]:
    """Return nodes, arrows and the columns in which nodes are drawn, for JSON."""
    return {
        "mapping": graph.mapping,
        "title": graph.title,
        "nodes": [box._asdict() for box in _boxes(graph)],
        "arrows": [{"feed": feed.name, "port": feed.port, "node": name} for feed, name in _arrows(graph)],
        "columns": [[place[0] for place in column if len(place) == 1] for column in layers(graph)],
    }


FORMATS: Final[dict[str, Callable[[Graph], str]]] = {"mermaid": mermaid, "dot": dot, "svg": svg}
"""How a mapping can be drawn."""


def _boxes(graph: Graph) -> Iterator[_Box]:
    yield from (_Box(name, "source", node.source.kind, node.account or "") for name, node in graph.sources.items())
    yield from (_Box(name, "operator", node.operator.kind, "") for name, node in graph.operators.items())
    yield from (_Box(name, "sink", node.sink.kind, _for_whom(node)) for name, node in graph.sinks.items())


def _for_whom(sink: SinkNode) -> str:
    return f"for {sink.audience}" if sink.audience else ", ".join(sink.accounts)


def _arrows(graph: Graph) -> Iterator[tuple[Feed, str]]:
    for node in graph.fed():
        yield from ((feed, node.name) for feed in node.feeds)


def _told(graph: Graph) -> str:
    arrows = "; ".join(f"{feed} feeds {name}" for feed, name in _arrows(graph))
    return f"Sources: {', '.join(graph.sources)}. Sinks: {', '.join(graph.sinks)}. {arrows}."


def _arrow(feed: Feed, name: str, places: Mapping[tuple[str, ...], tuple[float, float]]) -> str:
    rooms = [places[place] for place in places if place[:2] == (feed.name, name) and len(place) > 1]
    x, y = places[feed.name,][0] + WIDE, places[feed.name,][1] + HIGH / 2
    steps = [f"M{x:g} {y:g}"]
    first_bend = x + APART / 2, y
    for to_x, top in sorted([*rooms, places[name,]]):
        to_y, bend = top + HIGH / 2, APART / 2
        steps.append(f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}")
        if len(steps) == 2:  # noqa: PLR2004  # the first bend
            first_bend = x + bend, (y + to_y) / 2
        x, y = to_x + WIDE, to_y
        steps.append(f"H{x:g}")
    drawn = f'<path d="{"".join(steps[:-1])}" fill="none" stroke="#5a5a5a" stroke-width="1.5" marker-end="url(#tip)"/>'
    at, level = first_bend
    return drawn + (_text(at, level - 4, feed.port, 11, "#4a4a4a", halo=True) if feed.port else "")


def _box(box: _Box, place: tuple[float, float]) -> str:
    x, y = place
    fill, line = _STYLES[box.role]
    round_by = 10 if box.role == "operator" else HIGH / 2 if box.role == "source" else 3
    inner = x + WIDE / 2
    said = " · ".join(text for text in (box.kind, box.note) if text)
    return (
        f"<g><title>{escape(f'{box.role} {box.name}: {said}')}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="{round_by:g}" fill="{fill}" stroke="{line}"'
        f' stroke-width="{2.5 if box.role == "sink" else 1.5}"/>'
        f"{_text(inner, y + 25, box.name, NAME_SIZE, '#1a1a1a')}"
        f"{_text(inner, y + 43, said, 11, line)}</g>"
    )


def _text(x: float, y: float, text: str, size: int, colour: str, *, halo: bool = False) -> str:
    most = LETTERS * NAME_SIZE // size
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    more = ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' if halo else ""
    bold = ' font-weight="600"' if size == NAME_SIZE else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="middle"{bold}{more}>'
        f"{escape(cut)}</text>"
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _for_mermaid(text: str) -> str:
    return _line(text).replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
