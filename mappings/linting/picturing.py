"""Sinks whose networks take no post without a picture, and ways by which none can come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract.sink import Sink
from engine.contract.source import Source
from mappings.findings import listed
from mappings.linting.contradictions import Asked
from mappings.operators.digest import Digest
from mappings.operators.media import Media
from mappings.operators.sieve import Drop, Keep
from mappings.rules import sense

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from engine.contract.node import Node
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded


def remark_pictures(loaded: Loaded, sketch: Sketch, ways: Ways) -> None:
    """Remark on what takes pictures off before a sink that needs them, and on sinks to which none can come."""
    for name in sketch.of("sinks"):
        sink = sketch.nodes.get(name)
        needs = sink.limits.needs_media if isinstance(sink, Sink) else ()
        if needs:
            _one(loaded, ways, name, needs)


def _one(loaded: Loaded, ways: Ways, sink: str, needs: Collection[str]) -> None:
    sketch = ways.sketch
    bare, bearing = _bare(ways, sink, needs)
    takers = [name for name in bare if isinstance(sketch.nodes[name], (Media, Digest))]
    for name in takers:
        sentence = f"`{name}` leaves posts no picture, and `{sink}` takes none without: nothing goes out this way."
        loaded.add(sense.PICTURES_OFF, sketch.path(name), sentence, key=True)
    if bare and not takers and not bearing:
        why = f"what {listed(bare)} {'lets' if len(bare) == 1 else 'let'} through has none"
        sentence = f"`{sink}` takes no post without a picture, and {why}. Add a `default:` with `media`."
        loaded.add(sense.NO_PICTURES, sketch.path(sink), sentence, key=True)


def _bare(ways: Ways, sink: str, needs: Collection[str]) -> tuple[list[str], bool]:
    """Return the nearest nodes before a sink whose posts have no picture, and whether one can come by another way."""
    bare: dict[str, None] = {}
    bearing = False
    ahead, seen = [sink], {sink}
    while ahead:
        for feed in ways.fed[ahead.pop()]:
            if feed.name in seen:
                continue
            seen.add(feed.name)
            has = _has(ways.sketch.nodes.get(feed.name), needs)
            if has is None:
                ahead.append(feed.name)
            elif has:
                bearing = True
            else:
                bare[feed.name] = None
    return list(bare), bearing


def _has(node: Node[Any] | None, needs: Collection[str]) -> bool | None:
    """Tell whether what leaves a node may have what is needed; None where it is as it came."""
    if node is None or (isinstance(node, Source) and not node.text_alone):
        return True
    if isinstance(node, Media):
        return _after(node, needs)
    off = (
        isinstance(node, Source)
        or (isinstance(node, Digest) and node.config.media == "none")
        or (isinstance(node, (Keep, Drop)) and _asks_for_none(node))
    )
    return False if off else None


def _after(node: Media, needs: Collection[str]) -> bool | None:
    config = node.config
    if config.default is not None and "image" in needs:
        return True
    left = set(needs).intersection(config.keep or needs) - set(config.drop or ())
    return None if left and config.at_most != 0 else False


def _asks_for_none(node: Keep | Drop) -> bool:
    asked = Asked()
    if isinstance(node, Keep):
        asked.all_of(node.config)
    else:
        asked.not_of(node.config)
    return asked.has.get("media") is False
