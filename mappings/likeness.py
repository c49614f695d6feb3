"""How like two texts are: the share of their runs of three words that both have."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from engine.model.text import normalised

RUN: Final = 3
FEWEST: Final = 5
"""Words from which on a text is known by them: “Read more” stands under many posts."""

MOST: Final = 1_000
"""Words of a text that are looked at."""

_KEPT: Final = 2_000


@lru_cache(_KEPT)
def shingles(text: str) -> frozenset[int]:
    """Return every run of three words, each as a number, without links, case and punctuation; none of a few words.

    Languages that write no spaces between words seem to have few of them; there letters stand for words.
    """
    words = normalised(text).split()
    letters = "".join(words)
    if len(words) < FEWEST and len(letters) >= FEWEST * FEWEST:
        words = list(letters)
    if len(words) < FEWEST:
        return frozenset()
    some = words[:MOST]
    return frozenset(hash(tuple(some[at : at + RUN])) for at in range(len(some) - RUN + 1))


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Return from 0 (nothing in common) to 1 (the same): the shared runs among all (Jaccard)."""
    return len(one & other) / len(one | other) if one and other else 0.0
