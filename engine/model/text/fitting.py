"""A text made to fit: cut at a word's end, with what readers can click whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from engine.model.text.graphemes import GRAPHEME
from engine.model.text.units import measure
from engine.model.text.words import HASHTAG, LINK, MENTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model.text.units import Unit

ELLIPSIS: Final = "…"
_WORD_EDGE = regex.compile(r"\b", regex.WORD)
_AHEAD = 2_048  # as long as an address may be that begins within the limit
_LOOSE_END = " \t\r\n\u00a0,;:"


def fit(text: str, limit: int, unit: Unit = "characters") -> str:
    """Return the text, or as much of its beginning as the limit allows, cut at a word's end and marked with "…".

    Never longer than the limit; a link, a hashtag or a mention is kept whole or left out. Empty where not even the
    first word fits whole and may not be cut.
    """
    if measure(text, unit) <= limit:
        return text
    end = _longest(text, limit - measure(ELLIPSIS, unit), unit)
    text = text[: end + _AHEAD]
    whole = [match.span() for pattern in (LINK, HASHTAG, MENTION) for match in pattern.finditer(text)]
    while end > 0:
        end = _word_end(text, end, whole)
        marked = _marked(text[:end])
        if marked and measure(marked, unit) <= limit:
            return marked
        end -= 1
    return ""


def _longest(text: str, limit: int, unit: Unit) -> int:
    """Return the end of the longest beginning of whole graphemes within a limit."""
    end = length = 0
    for match in GRAPHEME.finditer(text):
        length += 1 if unit == "graphemes" else measure(match.group(), unit)
        if length > limit:
            break
        end = match.end()
    return end


def _word_end(text: str, end: int, whole: Sequence[tuple[int, int]]) -> int:
    """Return the nearest place at or before `end` where a word ends; inside a very long first word, `end` itself."""
    outside = min((start for start, stop in whole if start < end < stop), default=end)
    for place in range(outside, 0, -1):
        if _WORD_EDGE.match(text, place) and not any(start < place < stop for start, stop in whole):
            return place
    return outside


def _marked(beginning: str) -> str:
    """Return a beginning with its mark, set apart from a link so that nobody's browser takes it for a part of it."""
    kept = beginning.rstrip(_LOOSE_END)
    if not kept:
        return ""
    ends_in_link = any(match.end() == len(kept) for match in LINK.finditer(kept))
    return f"{kept} {ELLIPSIS}" if ends_in_link else f"{kept}{ELLIPSIS}"
