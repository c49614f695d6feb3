"""How long to wait before the next try: full jitter, so that a crowd of failures does not come back as a crowd."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

FIRST = timedelta(seconds=30)
MOST = timedelta(minutes=30)


def backoff(failures: int, chance: random.Random) -> timedelta:
    """Return a wait drawn evenly from 0 to min(30 min, 30 s * 2^n) after the n-th failure, counted from 0."""
    ceiling = min(MOST, FIRST * 2 ** min(failures, 10))
    wait: timedelta = ceiling * chance.random()
    return wait
