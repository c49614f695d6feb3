"""Many words looked for at once, letter for letter: the first in the text, and there the longest.

The words become one pattern, in which what several begin with stands once: so it is as quick with one word as with a
hundred, and far quicker per word that is found than patterns of RE2, whose every find costs microseconds.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GROUP: Final = re.compile(r"\\.|\(\?:|\)", re.DOTALL)
DEEPEST: Final = 60
"""So many groups stand within each other: what compiles patterns goes as deep as they do."""


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern that finds these words; none of them is empty."""
    return re.compile(_alternatives(sorted({*words}), 0, DEEPEST))


def ladder_of(pattern: re.Pattern[str]) -> int:
    """Return how many words of a pattern at most begin with each other, one after the other, and then part.

    At each place of a text so many are looked at, one by one.
    """
    deep = deepest = 0
    for sign in _GROUP.findall(pattern.pattern):
        deep += (sign == "(?:") - (sign == ")")
        deepest = max(deepest, deep)
    return deepest


def _alternatives(words: Sequence[str], read: int, deep: int) -> str:
    """Return what follows the first `read` characters of words in order, which are the same in all of them."""
    if not deep:
        return f"(?:{'|'.join(re.escape(word[read:]) for word in sorted(words, key=len, reverse=True))})"
    ends = len(words[0]) == read
    rest = words[1:] if ends else words
    parts = []
    for _, some in groupby(rest, lambda word: word[read]):
        same = list(some)
        until = read + 1 + _alike(same[0][read + 1 :], same[-1][read + 1 :])
        parts.append(re.escape(same[0][read:until]) + (_alternatives(same, until, deep - 1) if len(same) > 1 else ""))
    if not parts:
        return ""
    if ends:
        return f"(?:{'|'.join(parts)})?"
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((nth for nth, (a, b) in pairs if a != b), min(len(one), len(other)))
