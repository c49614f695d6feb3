"""By which ways posts come to a node, as far as it follows from the arrows alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.contract.operator import HoldingOperator
from mappings.known import Flow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.graph import Feed
    from mappings.linting.wiring import Sketch

_AT_ONCE = ("write",)
"""Kinds of operators that let every post through at once, changed perhaps."""

_ANEW = ("tank", "digest")
"""Kinds of operators by which a post goes out again, or in another one."""


@dataclass(slots=True)
class Ways:
    """The arrows of a document without flaws, looked at against their direction."""

    sketch: Sketch
    fed: dict[str, tuple[Feed, ...]] = field(init=False)
    sources: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.sources = frozenset(self.sketch.of("sources"))
        self.fed = {name: tuple(feed for _, feed in self.sketch.feeds(name)) for name in self.sketch.roles}

    def at_once(self, feed: Feed) -> frozenset[Feed]:
        """Return the outputs of which every post comes by this feed, without waiting anywhere."""
        found, ahead = {feed}, [feed.name]
        while ahead:
            name = ahead.pop()
            node = self.sketch.nodes.get(name)
            if node is not None and node.kind in _AT_ONCE:
                new = [each for each in self.fed[name] if each not in found]
                found.update(new)
                ahead += [each.name for each in new]
        return frozenset(found)

    def all_pass(self, feed: Feed, outputs: Collection[Feed]) -> bool:
        """Tell whether every post that comes by a feed has left one of these outputs before."""
        between = {each.name for each in self.upstream(feed, outputs)}
        return between.isdisjoint(self.sources) and not self.anew(between)

    def anew(self, names: Collection[str]) -> bool:
        """Tell whether any of these nodes lets a post go on again, or makes another one of it."""
        nodes = self.sketch.nodes
        return any(name in nodes and nodes[name].kind in _ANEW for name in names)

    def waits(self, feed: Feed, outputs: Collection[Feed]) -> bool:
        """Tell whether every way from these outputs to a feed leads through a node that holds posts."""
        between = self.upstream(feed, outputs)
        return bool(between) and all(self._holds(each.name) for each in between)

    def upstream(self, feed: Feed, stop: Collection[Feed] = ()) -> tuple[Feed, ...]:
        """Return a feed and all that lead to it, up to those at which to stop, which are left out."""
        found = dict.fromkeys([] if feed in stop else [feed])
        ahead = list(found)
        while ahead:
            new = [each for each in self.fed.get(ahead.pop().name, ()) if each not in found and each not in stop]
            found.update(dict.fromkeys(new))
            ahead += new
        return tuple(found)

    def before(self, name: str) -> Iterator[str]:
        """Give the operators behind which a node stands, nearest first, as long as each has one feed only."""
        feeds = self.fed[name]
        while len(feeds) == 1 and feeds[0].name not in self.sources:
            yield feeds[0].name
            feeds = self.fed[feeds[0].name]

    def _holds(self, name: str) -> bool:
        node = self.sketch.nodes.get(name)
        return isinstance(node, HoldingOperator) and node.holds


def flows_of(sketch: Sketch, mapping: str) -> Iterator[Flow]:
    """Give the accounts from which and to which a mapping carries posts."""
    read = {name: [text for _, text in sketch.texts(name, "account")] for name in sketch.of("sources")}
    if not any(read.values()):
        return
    ways = Ways(sketch)
    for sink in sketch.of("sinks"):
        named = [text for key in ("account", "accounts") for _, text in sketch.texts(sink, key)]
        behind = {each.name for feed in ways.fed[sink] for each in ways.upstream(feed)} if named else set()
        for source in (name for name in read if name in behind):
            yield from (Flow(mapping, account, to) for account in read[source] for to in named)
