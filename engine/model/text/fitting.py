"""A text made to fit: cut at a word's end, what readers can click whole, and what it ends with kept."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

import regex

from engine.model.text.entities import Entity, entities_from, entities_in, x_entities_in
from engine.model.text.graphemes import GRAPHEME
from engine.model.text.links import MASTODON, X, link_spans
from engine.model.text.units import measure
from engine.model.text.words import HASHTAG, LINK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model.text.links import Rules, Span
    from engine.model.text.units import Unit

Bound: TypeAlias = "tuple[int, Unit]"
"""The most that a network takes, and in what it counts."""

ELLIPSIS: Final = "…"
_WORD_EDGE = regex.compile(r"\b", regex.WORD)
_PLAIN = frozenset(map(chr, range(128)))
"""Each of these is one in every unit."""
_LOOSE_END = " \t\r\n\u00a0,;:"
_STEP = regex.compile(rf"(?P<plain>[ -~]+(?=[ -~]))|{GRAPHEME.pattern}")
"""Signs of which each is a grapheme by itself and one in every unit, or one grapheme."""
_WORDS_BACK = regex.compile(r"(?r)\S++")
_SHORTENING: dict[Unit, Rules] = {"x_weighted": X, "mastodon": MASTODON}


def fit(text: str, limit: int, unit: Unit = "characters") -> str:
    """Return the text as it fits into one limit: see `fit_into`."""
    return fit_into(text, [(limit, unit)])


def fit_into(text: str, bounds: Sequence[Bound]) -> str:
    """Return the text, or as much of it as all the limits allow, cut at a word's end and marked with "…".

    Never longer than any of the limits; a link, a hashtag or a mention is kept whole or left out. The links and
    hashtags at the end stay there, and if not they all, the last link does. Empty where not even the first word fits
    whole and may not be cut.
    """
    if within(text, bounds):
        return text
    whole = _Whole(text, bounds)
    last = whole.last_link()
    for candidate in _candidates(whole, last):
        if candidate and (last is None or ("link", last.text) in _names(_clickable(candidate, bounds))):
            return candidate
    if last is not None and within(last.text, bounds):
        return last.text
    return _cut(whole, len(text), bounds)


def within(text: str, bounds: Sequence[Bound]) -> bool:
    """Tell whether a text keeps every limit."""
    return all(measure(text, unit) <= limit for limit, unit in bounds)


class _Whole:
    """The whole text, what it must fit into, and what can be clicked in it: read as far as somebody asks."""

    def __init__(self, text: str, bounds: Sequence[Bound]) -> None:
        self.text = text
        self.bounds = bounds
        x_links = link_spans(text) if _by_x(bounds) else None
        self._rest = entities_from(text, x_links)
        self._read: list[Entity] = []
        self._names: set[tuple[str, str]] = set()
        self._links = self._links_of(x_links or ())

    def clickable(self, place: int) -> list[Entity]:
        """Return at least all that begins before a place."""
        while not self._read or self._read[-1].start < place:
            entity = next(self._rest, None)
            if entity is None:
                break
            self._read.append(entity)
            self._names.add((entity.kind, entity.text))
        return self._read

    def _links_of(self, x_links: Sequence[Span]) -> list[Entity]:
        """Return all links, without all else where it does not matter: nothing else that X sees goes over a space."""
        text = self.text
        if not all(start == 0 or text[start - 1].isspace() for start, _ in x_links):
            return [one for one in self.clickable(len(text)) if one.kind == "link"]
        spans = [*(match.span() for match in LINK.finditer(text)), *x_links]
        return [Entity("link", start, end, text[start:end]) for start, end in sorted(spans, key=itemgetter(0))]

    def has(self, entity: Entity) -> bool:
        """Tell whether the text has this somewhere, too."""
        name = (entity.kind, entity.text)
        if name not in self._names:
            self.clickable(len(self.text))
        return name in self._names

    def last_link(self) -> Entity | None:
        """Return the last link that is one by itself, too."""
        links = sorted(self._links, key=lambda one: one.start, reverse=True)
        return next((one for one in links if ("link", one.text) in _names(_clickable(one.text, self.bounds))), None)

    def ending(self) -> int:
        """Return where the links and hashtags begin that the text ends with; its end where they are too many to fit."""
        links = {(entity.start, entity.end) for entity in self._links}
        most = min(limit for limit, _ in self.bounds) // 2 + 1  # each is one at least, as is the space before it
        begin = len(self.text)
        for number, word in enumerate(_WORDS_BACK.finditer(self.text)):
            place = word.span()
            if not (place in links or LINK.fullmatch(self.text, *place) or HASHTAG.fullmatch(self.text, *place)):
                break
            if number > most:
                return len(self.text)
            begin = place[0]
        return begin


def _clickable(text: str, bounds: Sequence[Bound]) -> tuple[Entity, ...]:
    seen = entities_in(text)
    return (*seen, *x_entities_in(text)) if _by_x(bounds) else seen


def _by_x(bounds: Sequence[Bound]) -> bool:
    return any(unit == "x_weighted" for _, unit in bounds)


def _names(entities: Sequence[Entity]) -> frozenset[tuple[str, str]]:
    return frozenset((entity.kind, entity.text) for entity in entities)


def _candidates(whole: _Whole, link: Entity | None) -> Iterator[str]:
    """Make what the text could become, the best first; `link` is its last."""
    begin = whole.ending()
    ending = whole.text[begin:].rstrip()
    if ending:
        yield _ended(whole, begin, ending)
        if link and link.end <= begin:
            yield _ended(whole, link.start, f"{link.text} {ending}")
    yield _cut(whole, len(whole.text), whole.bounds)
    if link:
        yield _ended(whole, link.start, link.text)


def _ended(whole: _Whole, stop: int, ending: str) -> str:
    """Return words from the beginning of the text, at most up to `stop`, with an ending; empty without a word."""
    before = whole.text[:stop].rstrip()
    gap = "\n" * min(2, whole.text.count("\n", len(before), stop)) or " "
    ending = f"{gap}{ending}"
    left = [(limit - measure(ending, unit), unit) for limit, unit in whole.bounds]
    head = _cut(whole, len(before), left, words=True)
    return f"{head}{ending}" if head and within(f"{head}{ending}", whole.bounds) else ""


def _cut(whole: _Whole, stop: int, bounds: Sequence[Bound], *, words: bool = False) -> str:
    """Return the longest marked beginning within the limits; with `words` nothing of a word that must be cut."""
    ends = min((_ends(whole.text, stop, limit - measure(ELLIPSIS, unit), unit) for limit, unit in bounds), key=max)
    end = ends[-1]
    while end > 0:
        end = _word_end(whole, ends[: bisect_right(ends, end)], words=words)
        marked = _marked(whole.text[:end])
        new = next((one for one in _clickable(marked, bounds) if not whole.has(one)), None)
        if marked and new is None and within(marked, bounds):
            return marked
        end = min(end - 1, new.start or end // 2) if new else end - 1
    return ""


def _ends(text: str, stop: int, limit: int, unit: Unit) -> list[int]:
    """Return where the text may end within a limit: behind each grapheme, and behind a link that the unit shortens."""
    ends = [0]
    length = read = 0
    rules = _SHORTENING.get(unit)
    for start, end in [*(link_spans(text, rules) if rules else ()), (stop, stop)]:
        for match in _STEP.finditer(text, read, min(start, stop)):
            sign, at = match.group(), match.end()
            if match.lastgroup:
                ends += range(at - len(sign) + 1, at - max(0, length + len(sign) - limit) + 1)
                length += len(sign)
            else:
                length += 1 if sign in _PLAIN else measure(sign, unit)
                ends += [at] if length <= limit else []
            if length > limit:
                return ends
        length += measure(text[start:end], unit)
        read = end
        if length > limit or end > stop:
            return ends
        if end > ends[-1]:
            ends.append(end)
    return ends


def _word_end(whole: _Whole, ends: Sequence[int], *, words: bool) -> int:
    """Return the last place where a word ends and nothing is cut that can be clicked; where no word ends, the last."""
    clickable = whole.clickable(ends[-1])
    opened = (entity.start for entity in clickable if entity.start < ends[-1] < entity.end)
    outside = bisect_right(ends, min(opened, default=ends[-1])) - 1
    for place in ends[outside:0:-1]:
        if _WORD_EDGE.match(whole.text, place) and not _inside(whole, place):
            return place
    return 0 if words else ends[outside]


def _inside(whole: _Whole, place: int) -> bool:
    return any(entity.start < place < entity.end for entity in whole.clickable(place))


def _marked(beginning: str) -> str:
    """Return a beginning with its mark, set apart from a link so that nobody's browser takes it for a part of it."""
    kept = beginning.rstrip(_LOOSE_END)
    if not kept:
        return ""
    ends_in_link = any(match.end() == len(kept) for match in LINK.finditer(kept))
    return f"{kept} {ELLIPSIS}" if ends_in_link else f"{kept}{ELLIPSIS}"
