"""How much comes to a node in the long run, and where it piles up: what lets more go stands before what lets less go.

What stores and times let go is theirs to say, as long as there are enough posts. How much comes from sources is
nobody's to say beforehand, but a workspace that has read them for a while knows how much it was.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.contract.source import Source
from engine.model.slot import weekdays
from mappings.findings import listed
from mappings.operators.pace import Pace
from mappings.operators.slots import Slots
from mappings.operators.tank import Tank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from engine.contract.node import Node
    from mappings.known import Known
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch

WEEK: Final = 7 * 24 * 60 * 60
_WEEKS: Final = 52
_ON: Final = ("write", "delay", "steady", "slots")
"""Kinds of operators from which, in the long run, as many posts go as come."""


class Coming(NamedTuple):
    """So many posts a week come to a node from others; `lately` says that so many were counted."""

    feeds: tuple[str, ...]
    weekly: Fraction
    lately: bool = False

    def said(self, times: int = 1, span: str = "week") -> str:
        """Return it as the beginning of a sentence."""
        number, feeds = count(self.weekly * times), listed(self.feeds)
        if self.lately:
            return f"Lately, {number} posts a {span} came from {feeds}"
        return f"Up to {number} posts a {span} come from {feeds}"


def rates_of(sketch: Sketch, known: Known | None) -> dict[str, Fraction]:
    """Return how many posts a week came lately from those sources of a document of which it is known."""
    found = {}
    for name in sketch.of("sources") if known is not None and known.rates else ():
        node, account = sketch.nodes.get(name), sketch.data[name].get("account") or ""
        rate = known.rates.get((node.identity(), str(account))) if known and isinstance(node, Source) else None
        if rate is not None:
            found[name] = rate
    return found


def piles(sketch: Sketch, ways: Ways, rates: Mapping[str, Fraction]) -> Iterator[tuple[str, str]]:
    """Give each node that lets fewer posts go than what it is fed from, with a sentence that says both numbers."""
    for name, node in sketch.nodes.items():
        most = weekly(node) if isinstance(node, (Slots, Pace)) else None
        if most is None or (isinstance(node, Pace) and node.config.overflow == "drop"):
            continue
        comes = coming(sketch, ways, name, rates)
        if comes is not None and comes.weekly > most:
            span, times = ("week", 1) if most >= 1 else ("year", _WEEKS)
            yield name, f"{comes.said(times, span)}, and at most {count(most * times)} can leave `{name}`."


def coming(sketch: Sketch, ways: Ways, name: str, rates: Mapping[str, Fraction]) -> Coming | None:
    """Return what a node is fed from, a store, times or sources, and how many posts come in a week.

    None where nobody knows, or something between may take posts out.
    """
    feed, bounds, last = "", [], name
    for each in ways.before(name):
        node = sketch.nodes.get(each)
        if node is None or not (isinstance(node, (Tank, Pace)) or node.kind in _ON):
            last = ""
            break
        bound, last = weekly(node), each
        bounds += [] if bound is None else [bound]
        if bound is not None and isinstance(node, (Tank, Slots)):
            feed = each
        if isinstance(node, Tank):
            break
    most = _lately(ways, last or name, rates) if rates else None
    sources = tuple(dict.fromkeys(each.name for each in ways.fed[last])) if last else ()
    if most is not None and sources and ways.sources.issuperset(sources) and most <= min([most, *bounds]):
        return Coming(sources, most, lately=True)
    bounds += [] if most is None else [most]
    return Coming((feed,), min(bounds)) if feed else None


def _lately(ways: Ways, name: str, rates: Mapping[str, Fraction]) -> Fraction | None:
    """Return how many posts a week came lately from all sources behind a node, each as often as stores give it."""
    behind = {each.name for feed in ways.fed[name] for each in ways.upstream(feed)}
    if not behind & ways.sources <= rates.keys():
        return None
    times = 1
    for each in {name, *behind}:
        node = ways.sketch.nodes.get(each)
        times *= node.config.publications if isinstance(node, Tank) else 1
    return sum((rates[each] for each in sorted(behind & ways.sources)), Fraction(0)) * times if times else None


def weekly(node: Node[Any]) -> Fraction | None:
    """Return how many posts a node lets go in a week in the long run; None where it sets no bound."""
    if isinstance(node, Tank):
        return _in_a_week(node.config.every)
    if isinstance(node, Slots):
        config = node.config
        days = {day for text in config.days for day in weekdays(text)}
        return Fraction(len(days) * len(set(config.at))) if config.at else None
    if isinstance(node, Pace):
        most = node.config.at_most * _in_a_week(node.config.per)
        return min(most, _in_a_week(node.config.gap)) if node.config.gap else most
    return None


def _in_a_week(every: timedelta) -> Fraction:
    return Fraction(WEEK) / Fraction(every.total_seconds())


def count(number: Fraction) -> str:
    """Write a number with one digit behind the point, where it has any."""
    return f"{float(number):.1f}".removesuffix(".0")
