"""Where posts pile up: what lets posts go at a rhythm of its own stands before what lets fewer go.

Only stores and times are looked at as what feeds: how much comes from sources is nobody's to say beforehand.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from engine.model.slot import weekdays
from mappings.operators.pace import Pace
from mappings.operators.slots import Slots
from mappings.operators.tank import Tank

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from engine.contract.node import Node
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch

_WEEK: Final = 7 * 24 * 60 * 60
_WEEKS: Final = 52
_ON: Final = ("write", "delay", "steady", "slots")
"""Kinds of operators from which, in the long run, as many posts go as come."""


def piles(sketch: Sketch, ways: Ways) -> Iterator[tuple[str, str]]:
    """Give each node that lets fewer posts go than what it is fed from, with a sentence that says both numbers."""
    for name, node in sketch.nodes.items():
        most = weekly(node) if isinstance(node, (Slots, Pace)) else None
        if most is None or (isinstance(node, Pace) and node.config.overflow == "drop"):
            continue
        for each in ways.before(name):
            before = sketch.nodes.get(each)
            comes = weekly(before) if isinstance(before, (Slots, Tank)) else None
            if comes is not None and comes > most:
                span, times = ("week", 1) if most >= 1 else ("year", _WEEKS)
                up_to, leave = count(comes * times), count(most * times)
                yield name, f"Up to {up_to} posts a {span} come from `{each}`, and at most {leave} can leave `{name}`."
            if comes is not None or before is None or before.kind not in _ON:
                break


def coming(sketch: Sketch, ways: Ways, sink: str) -> tuple[str, Fraction] | None:
    """Return the tank or the times that a sink is fed from, and how many posts come in a week where they have enough.

    None where the sink has no such feed, or something between may take posts out.
    """
    feed, bounds = "", []
    for name in ways.before(sink):
        node = sketch.nodes.get(name)
        if node is None or not (isinstance(node, (Tank, Pace)) or node.kind in _ON):
            break
        bound = weekly(node)
        bounds += [] if bound is None else [bound]
        if bound is not None and isinstance(node, (Tank, Slots)):
            feed = name
        if isinstance(node, Tank):
            break
    return (feed, min(bounds)) if feed else None


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
    return Fraction(_WEEK) / Fraction(every.total_seconds())


def count(number: Fraction) -> str:
    """Write a number with one digit behind the point, where it has any."""
    return f"{float(number):.1f}".removesuffix(".0")
