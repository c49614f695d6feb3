"""Remarks on mappings that can be run, and do nothing, or not what they seem to: each follows from the document."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.contract.sink import Sink
from engine.contract.source import Source
from engine.model.slot import HORIZON, weekdays
from mappings.calendar_days import Calendar
from mappings.findings import listed
from mappings.linting.commenting import remark_comments
from mappings.linting.contradictions import clashes
from mappings.linting.picturing import remark_pictures
from mappings.linting.piling import piles, rates_of
from mappings.operators.slots import Slots
from mappings.operators.write import Write
from mappings.rules import platforms, sense

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from engine.graph import Feed
    from mappings.findings import Path
    from mappings.known import Known
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded

_CUT: Final = re.compile(r"\bpost\.text\s*(?:\|[^|}%]*)*\|\s*(truncate|truncatewords|slice)\b")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
OLD: Final = 180
"""After how many days what is known of a platform's limits is old."""


def remark_sense(loaded: Loaded, ways: Ways, today: date | None, known: Known | None = None) -> None:
    """Remark on a document without flaws in its arrows; without `today`, not on what depends on the day.

    With `known`, how much sources gave lately is looked at too.
    """
    sketch = ways.sketch
    for name, node in sketch.nodes.items():
        if node.kind == "route":
            _unused_outputs(loaded, sketch, ways, name)
        if len(ways.fed[name]) > 1:
            _adds_nothing(loaded, sketch, ways, name)
        if isinstance(node, Slots):
            _times(loaded, ways, name, today)
        if isinstance(node, Sink) and today is not None:
            _old_limits(loaded, sketch, name, today)
        if isinstance(node, (Write, Sink)) and loaded.has_braces:
            _tags_cut(loaded, sketch, ways, name)
    for name, reason in clashes(sketch, ways):
        sentence = f"`{name}` lets no post pass: {reason}."
        loaded.add(sense.NEVER_HOLDS, sketch.path(name), sentence, key=True)
    for name, sentence in piles(sketch, ways, rates_of(sketch, known)):
        loaded.add(sense.PILES_UP, sketch.path(name), f"{sentence} The others wait longer and longer.", key=True)
    remark_pictures(loaded, sketch, ways)
    remark_comments(loaded, ways)
    _back_again(loaded, sketch, ways)


def _old_limits(loaded: Loaded, sketch: Sketch, name: str, today: date) -> None:
    node: Any = sketch.nodes[name]
    read = min((fact.read for fact in node.limits.facts), default=today)
    if (today - read).days > OLD:
        sentence = f"What {node.title} takes was last looked up on {read}, more than half a year ago. Update Chappe."
        loaded.add(platforms.OLD_LIMITS, sketch.path(name, "kind"), sentence)


def _unused_outputs(loaded: Loaded, sketch: Sketch, ways: Ways, name: str) -> None:
    node: Any = sketch.nodes[name]
    used = {feed.port for feeds in ways.fed.values() for feed in feeds if feed.name == name}
    for port in node.ports if used else ():
        if port not in used:
            otherwise = sketch.data[name].get("otherwise") == port
            path = sketch.path(name, "otherwise") if otherwise else sketch.path(name, "ports", port)
            sentence = f"Nothing takes the posts that leave by `{name}.{port}`. Name it in a `from:`, or delete it."
            loaded.add(sense.UNUSED_OUTPUT, path, sentence, key=True)


def _adds_nothing(loaded: Loaded, sketch: Sketch, ways: Ways, name: str) -> None:
    places = {feed: path for path, feed in sketch.feeds(name)}
    feeds = tuple(dict.fromkeys(ways.fed[name]))
    for nth, feed in enumerate(feeds):
        for other_nth, other in enumerate(feeds):
            if other == feed or not _wins(ways, other, feed, named_first=other_nth < nth):
                continue
            sentence = f"Nothing is taken from `{feed}`: whatever comes by it has come by `{other}` already."
            loaded.add(sense.ADDS_NOTHING, places[feed], sentence)
            return


def _wins(ways: Ways, other: Feed, feed: Feed, *, named_first: bool) -> bool:
    """Tell whether every post that comes by a feed came by the other one before it."""
    outputs = ways.at_once(other)
    return ways.all_pass(feed, outputs) and (named_first or ways.waits(feed, outputs))


def _times(loaded: Loaded, ways: Ways, name: str, today: date | None) -> None:
    node: Any = ways.sketch.nodes[name]
    config = node.config
    if today is not None and config.blackout:
        days = Calendar(config.days, config.holidays or (), config.blackout)
        if not any(days.free(today + timedelta(days=ahead)) for ahead in range(HORIZON)):
            sentence = f"There is no free day within {HORIZON} days: every post that comes to `{name}` stays there."
            loaded.add(sense.NO_FREE_DAY, ways.sketch.path(name, "blackout"), sentence, key=True)
    for each in ways.before(name):
        before: Any = ways.sketch.nodes.get(each)
        if isinstance(before, Slots):
            if before.config.timezone == config.timezone and not _meet(_spans(before.config), _spans(config)):
                sentence = f"No time of `{name}` is one of `{each}`, for which posts wait before. Keep one of the two."
                loaded.add(sense.NEVER_MEET, ways.sketch.path(name), sentence, key=True)
            return


def _spans(config: Any) -> list[tuple[int, int]]:
    """Return when posts may leave, as minutes of the week; what a time lets go leaves within its minute."""
    spans = [_minutes(text) for text in config.between or ("00:00-24:00",)]
    if config.at:
        spans = [(begins, begins + 1) for begins in map(_minute, config.at)]
    days = {day * _DAY for text in config.days for day in weekdays(text)}
    return [(day + begins, day + ends) for day in days for begins, ends in spans]


def _minutes(text: str) -> tuple[int, int]:
    begins, ends = (_minute(part) for part in text.split("-"))
    return begins, ends if ends > begins else ends + _DAY


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _meet(ones: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> bool:
    shifted = [(begins + by, ends + by) for begins, ends in others for by in (-_WEEK, 0, _WEEK)]
    return any(begins < last and first < ends for begins, ends in ones for first, last in shifted)


def _tags_cut(loaded: Loaded, sketch: Sketch, ways: Ways, name: str) -> None:
    for path, template in (*sketch.texts(name, "text"), *sketch.texts(name, "variants")):
        cut = _CUT.search(template) if "post.hashtags" not in template else None
        adding = next(_tagging(sketch, ways, name), None) if cut else None
        if cut and adding:
            node, tags = adding
            sentence = f"`{node}` adds {tags} at the end of the text, and `{cut[1]}` cuts that off a long one."
            loaded.add(sense.TAGS_CUT, path, f"{sentence} Write `truncate_to_fit`, or add them behind this.")


def _tagging(sketch: Sketch, ways: Ways, name: str) -> Iterator[tuple[str, str]]:
    for feed in (each for one in ways.fed[name] for each in ways.upstream(one)):
        node = sketch.nodes.get(feed.name)
        if isinstance(node, Write) and node.config.hashtags:
            yield feed.name, listed(f"#{tag}" for tag in node.config.hashtags)


def _back_again(loaded: Loaded, sketch: Sketch, ways: Ways) -> None:
    read: dict[str, list[str]] = {}
    for source in sketch.of("sources"):
        for _, account in sketch.texts(source, "account"):
            read.setdefault(account, []).append(source)
    for sink in sketch.of("sinks") if read else ():
        for path, account in (*sketch.texts(sink, "account"), *sketch.texts(sink, "accounts")):
            for source in read.get(account, ()):
                _comes_back(loaded, sketch, ways, (path, source, sink))


def _comes_back(loaded: Loaded, sketch: Sketch, ways: Ways, found: tuple[Path, str, str]) -> None:
    path, source, sink = found
    reading, writing = sketch.nodes.get(source), sketch.nodes.get(sink)
    if not isinstance(reading, Source) or not isinstance(writing, Sink):
        return
    behind = {each.name for feed in ways.fed[sink] for each in ways.upstream(feed)}
    if reading.account_kind == writing.account_kind and source in behind and not ways.anew(behind):
        sentence = f"`{source}` reads this account: every post would stand there twice. Publish for another one."
        loaded.add(sense.BACK_AGAIN, path, sentence)
