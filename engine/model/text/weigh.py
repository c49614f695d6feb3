"""How long a text is for X: its characters weigh one or two, an emoji two, a link 23 whatever its length.

https://docs.x.com/fundamentals/counting-characters and the third configuration of X's open-source text library
(https://github.com/twitter/twitter-text, config/v3.json), both read 2026-11-22.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import regex

from engine.model.text.graphemes import EMOJI, GRAPHEME
from engine.model.text.links import INVALID, link_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

_INVALID = regex.compile(f"[{INVALID}]")


@dataclass(frozen=True, slots=True)
class Weighting:
    """What a text may weigh, which code points (first and last) weigh one, and what the others and a link weigh."""

    most: int = 280
    light: tuple[tuple[int, int], ...] = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
    heavy: int = 2
    link: int = 23
    emoji: bool = True


V3: Final = Weighting()
"""The third configuration, which X uses."""


def settled(text: str) -> str:
    """Return a text as X counts it: composed (NFC), each end of a line one character."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def weigh(text: str, weighting: Weighting = V3) -> int:
    """Return the weighted length of a text."""
    text = settled(text)
    weight = read = 0
    for start, stop in link_spans(text):
        weight += _words(text[read:start], weighting) + weighting.link
        read = stop
    return weight + _words(text[read:], weighting)


def fits_until(text: str, weighting: Weighting = V3) -> int:
    """Return where the part of a text ends that X takes: links and graphemes whole, nothing that it refuses."""
    weight = read = 0
    for start, stop, is_link in _tokens(text):
        token = text[start:stop]
        weight += weighting.link if is_link else _words(settled(token), weighting)
        if weight > weighting.most or _INVALID.search(token):
            break
        read = stop
    return read


def refused(text: str) -> bool:
    """Tell whether a text has characters that X takes in no text: U+FEFF, U+FFFE and U+FFFF."""
    return _INVALID.search(text) is not None


def _tokens(text: str) -> Iterator[tuple[int, int, bool]]:
    read = 0
    for start, stop in [*link_spans(text), (len(text), len(text))]:
        yield from ((*match.span(), False) for match in GRAPHEME.finditer(text, read, start))
        yield start, stop, start < stop
        read = stop


def _words(text: str, weighting: Weighting) -> int:
    count = 0
    if weighting.emoji and not text.isascii():
        text, count = EMOJI.subn("", text)
    heavy = sum(map(len, _heavy(weighting.light).findall(text)))
    return len(text) + heavy * (weighting.heavy - 1) + count * weighting.heavy


@lru_cache(4)
def _heavy(light: tuple[tuple[int, int], ...]) -> regex.Pattern[str]:
    ranges = "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in light)
    return regex.compile(f"[^{ranges}]++" if ranges else r"(?s:.)++")
