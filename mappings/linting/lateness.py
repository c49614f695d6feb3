"""What comes too late to go out: `max_age` counts from when the last operator let a post go.

Time that a node holds a post, that a sink spreads its accounts over, or that an owner keeps posts for their hours, is
no lateness. What is left: posts that were too old when a source was read again, and those that wait for an owner's caps
since many were let go at once.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from engine.contract.source import Source
from engine.model.slot import ends, time_at, weekdays
from mappings.linting.piling import WEEK, count
from mappings.linting.wiring import parsed
from mappings.operators.slots import Slots
from mappings.rules import sense, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model.consent import Terms
    from mappings.linting.piling import Coming
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded

_USUAL: Final = timedelta(hours=24)
_HOUR, _DAY, _MINUTES = 60, 24 * 60, WEEK // 60
_MOST: Final = 5_000
"""More posts a week than that are not played through."""
_WEEKS: Final = 3
_ON: Final = ("write", "delay", "steady")
"""Kinds of operators that let posts go as they come, only later perhaps."""


def seldom(loaded: Loaded, sketch: Sketch) -> None:
    """Remark on sources that are read so seldom that posts are too old by then."""
    longest = _max_age(loaded)
    for name in sketch.of("sources"):
        kind = sketch.kinds.get(name)
        said = parsed(sketch.data[name].get("every"))
        if kind is None or not issubclass(kind, Source) or longest is None:
            continue
        every = said or kind.default_every
        if every > longest:
            lost = f"a post that was published longer than {_words(longest)} before is never taken"
            path = sketch.path(name, "every") if said else sketch.path(name)
            sentence = f"`{name}` is read every {_words(every)}: {lost}. Read it more often, or raise `max_age:`."
            loaded.add(sense.READ_SELDOM, path, sentence, key=said is None)


def remark_late(loaded: Loaded, ways: Ways, sink: str, allowed: Sequence[Terms], comes: Coming) -> None:
    """Remark on a sink to which times let so many posts go at once that they are too late for their owners' caps."""
    longest = _max_age(loaded)
    found = _let_go(ways, sink, comes) if allowed and longest is not None and comes.weekly <= _MOST else None
    if found is None or longest is None:
        return
    slots, times = found
    late = [(_late(times, terms, longest // timedelta(minutes=1)), terms) for terms in allowed]
    number, terms = max(late, key=lambda each: each[0])
    if number:
        owners = sum(bool(each) for each, _ in late)
        whose = "the owner of 1 account allows" if owners == 1 else f"the owners of {owners} accounts allow"
        caps = f"{terms.max_per_hour} an hour and {terms.max_per_day} a day"
        sentence = (
            f"`{slots}` lets several posts go at once, and {whose} {caps}: of {count(comes.weekly)} posts a week, "
            f"{number} would wait longer than `max_age` ({_words(longest)}), and never go out."
        )
        loaded.add(workspace.TOO_LATE, ways.sketch.path(sink), sentence, key=True)


def _max_age(loaded: Loaded) -> timedelta | None:
    """Return the document's own, or the usual one; None where it is not written as it should be."""
    said = (loaded.data or {}).get("max_age")
    return _USUAL if said is None else parsed(said)


def _let_go(ways: Ways, sink: str, comes: Coming) -> tuple[str, list[int]] | None:
    """Return the node whose times let posts go to a sink, and the minutes of a week at which each of them goes."""
    for name in ways.before(sink):
        node: Any = ways.sketch.nodes.get(name)
        if isinstance(node, Slots):
            times = _at(node.config, comes) if node.config.at else _opening(node.config, comes)
            return (name, times) if times else None
        if node is None or node.kind not in _ON:
            return None
    return None


def _at(config: Any, comes: Coming) -> list[int]:
    """Return all times, where there are enough posts for each of them."""
    times = sorted(day * _DAY + _minute(text) for day in _days(config) for text in set(config.at))
    return times if comes.weekly >= len(times) else []


def _opening(config: Any, comes: Coming) -> list[int]:
    """Return when posts go that come evenly over the week: at once within the windows, else when the next one opens."""
    if not comes.lately or not comes.weekly:
        return []
    spans = sorted(_spans(config))
    every = Fraction(_MINUTES) / comes.weekly
    came = (int(nth * every) for nth in range(int(comes.weekly)))
    return sorted(_next(spans, minute) for minute in came)


def _next(spans: Sequence[tuple[int, int]], minute: int) -> int:
    for begins, last in spans:
        if minute < last:
            return max(begins, minute)
    return spans[0][0] + _MINUTES


def _spans(config: Any) -> Iterator[tuple[int, int]]:
    for day in _days(config):
        for text in config.between or ("00:00-24:00",):
            first, last = (60 * at.hour + at.minute for at in ends(text))
            yield day * _DAY + first, day * _DAY + (last if last > first else last + _DAY)


def _days(config: Any) -> set[int]:
    return {day for text in config.days for day in weekdays(text)}


def _minute(text: str) -> int:
    at = time_at(text)
    return _HOUR * at.hour + at.minute


def _late(times: Sequence[int], terms: Terms, longest: int) -> int:
    """Count the posts of a week that are too late once weeks like it have gone before: each goes when caps let it."""
    sent: deque[int] = deque(maxlen=max(terms.max_per_day, terms.max_per_hour, 1))
    late = 0
    for week in range(_WEEKS):
        late = 0
        for minute in times:
            at = _free(sent, terms, released := week * _MINUTES + minute)
            if at - released >= longest:  # it is tried a moment after it is free
                late += 1
            else:
                sent.append(at)
    return late


def _free(sent: Sequence[int], terms: Terms, released: int) -> int:
    at = max(released, sent[-1]) if sent else released
    for most, window in ((terms.max_per_hour, _HOUR), (terms.max_per_day, _DAY)):
        if most == 0:
            return released + _MINUTES * _WEEKS
        if len(sent) >= most:
            at = max(at, sent[-most] + window)
    return at


def _words(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((_DAY, "d"), (_HOUR, "h")):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
