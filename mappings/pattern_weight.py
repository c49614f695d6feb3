"""How much work a pattern may be: its weight, read from its source.

RE2 never goes back, but at each byte it may have to follow every place of a pattern at which a text can stand. How many
these can be at once is what the weight bounds: `python -m bench --only bounds` measures what the heaviest take.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

HEAVIEST: Final = 100
"""The most that the patterns of one node may weigh together."""

RULE: Final = "Each sign weighs 1, . and [^…] weigh 3, \\p{…} weighs 40, and a repetition such as {1,20} counts in full"
_DEEPEST: Final = 50
_PROPERTY: Final = 40
_WIDE: Final = 3

_REPEAT: Final = re.compile(r"\{(\d+)(,(\d*))?\}")
_GROUP: Final = re.compile(r"\((\?(P?<\w*>|[a-zA-Z-]*:|(?=[a-zA-Z-]*\))[a-zA-Z-]*))?")
_CLASS: Final = re.compile(r"\[(\^?)\]?((?:\[:\^?\w+:\]|\\.|[^\]\\])*)\]?", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:[pP]\{[^}]*\}?|[pP].|x\{[^}]*\}?|x..|[0-7]{1,3}|.)", re.DOTALL)


class _Part(NamedTuple):
    """A part of a pattern.

    `run` is the longest row of plain signs in it, `signs` are all of them, `places` weigh what may match in more ways.
    """

    run: int = 0
    signs: int = 0
    places: int = 0

    def times(self, most: int) -> _Part:
        """Return what the part is when it is repeated so often: each of its signs is a place for itself."""
        return _Part(places=max((self.signs + self.places) * most, 1))


def weight_of(source: str) -> int:
    """Return the weight of a pattern that RE2 has taken; raises ValueError for groups nested too deeply."""
    part = _Reader(source).either(0)
    return part.run + part.places


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def either(self, depth: int) -> _Part:
        """Read alternatives up to the bracket that closes them: one row of plain signs counts, the longest."""
        if depth > _DEEPEST:
            raise ValueError(f"This pattern is nested too deeply: {_DEEPEST} brackets in each other are the most.")
        ways = [self._row(depth)]
        while self._next() == "|":
            self._at += 1
            ways.append(self._row(depth))
        return _Part(max(way.run for way in ways), sum(way.signs for way in ways), sum(way.places for way in ways))

    def _row(self, depth: int) -> _Part:
        parts = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._one(depth)))
        return _Part(*map(sum, zip(*parts, strict=True))) if parts else _Part()

    def _repeated(self, part: _Part) -> _Part:
        while True:
            if self._next() in ("*", "+", "?"):
                self._at += 1
                part = part.times(1)
            elif match := _REPEAT.match(self._source, self._at):
                self._at = match.end()
                part = part.times(max(int(match[3] or match[1]), 1) + (match[2] == ","))
            else:
                return part

    def _one(self, depth: int) -> _Part:
        """Read what a repetition behind it would repeat."""
        sign = self._next()
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            found = self._take(_CLASS)
            properties = len(re.findall(r"\\[pP]", found[2]))
            return _Part(places=_PROPERTY * properties or (_WIDE if found[1] or "\\" in found[2] else 1))
        if sign == "\\":
            return self._escaped()
        self._at += 1
        return _Part(places=_WIDE) if sign == "." else _Part(1, 1)

    def _group(self, depth: int) -> _Part:
        self._take(_GROUP)
        part = self.either(depth + 1)
        self._at += 1
        return part

    def _escaped(self) -> _Part:
        if self._source.startswith("\\Q", self._at):
            end = self._source.find("\\E", self._at)
            begun, self._at = self._at + 2, len(self._source) if end < 0 else end + 2
            signs = max((len(self._source) if end < 0 else end) - begun, 0)
            return _Part(signs, signs)
        letter = self._take(_ESCAPE)[0][1]
        if letter in "pP":
            return _Part(places=_PROPERTY)
        if letter in "DWSC":
            return _Part(places=_WIDE)
        return _Part(places=1) if letter in "dws" else _Part(1, 1)

    def _next(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._source, self._at)
        if match is None:  # RE2 reads it otherwise: it is refused rather than weighed too lightly
            raise ValueError(
                f"This pattern cannot be weighed from “{self._source[self._at :][:20]}” on: write it otherwise."
            )
        self._at = match.end()
        return match
