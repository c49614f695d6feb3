"""Sinks that make no comments, behind a node that wants the link in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract.sink import Sink
from mappings.operators.link import Link
from mappings.rules import platforms

if TYPE_CHECKING:
    from mappings.linting.ways import Ways
    from mappings.reading.loaded import Loaded


def remark_comments(loaded: Loaded, ways: Ways) -> None:
    """Remark on every sink that keeps the link in its text, though a node before it wants it in a first comment."""
    sketch = ways.sketch
    wanted = [name for name, node in sketch.nodes.items() if isinstance(node, Link) and node.config.first_comment]
    for name in sketch.of("sinks") if wanted else ():
        sink = sketch.nodes.get(name)
        if not isinstance(sink, Sink) or sink.comment_room is not None:
            continue
        behind = {each.name for feed in ways.fed[name] for each in ways.upstream(feed)}
        for link in (each for each in wanted if each in behind):
            sentence = f"{sink.title} takes no first comment from Chappe: what `{link}` gives `{name}` keeps its link."
            loaded.add(platforms.NO_COMMENTS, sketch.path(name, "kind"), sentence)
