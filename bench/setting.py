"""What every measurement is handed: how much, how often, where, and who listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: the figures hold for the defaults."""

    rounds: int = 3
    accounts: int = 200
    posts: int = 20
    fan_out: int = 20_000
    polls: int = 480
    walks: int = 20_000
    replayed: int = 10_000
    counts: int = 5_000
    nodes: int = 1_000
    mappings: int = 1_000
    deliveries: int = 1_000_000
    asked: int = 300
    crowd: int = 1_000
    each: int = 10
    arrivals: int = 50
    smaller: int = 1
    publications: int = 3
    sources: int = 10_000
    watched: float = 60.0
    """Seconds for which a process is watched that has little to do."""

    wakes: int = 110
    step: float = 1.13
    """Seconds between two deliveries that fall due; with ticks of a second they come at every moment between two."""

    rest: float = 3.0
    """Seconds until a process is taken to be at rest."""


TINY = Sizes(
    rounds=1,
    accounts=3,
    posts=2,
    fan_out=5,
    polls=2,
    walks=3,
    replayed=3,
    counts=3,
    nodes=5,
    mappings=3,
    deliveries=30,
    asked=1,
    crowd=3,
    each=2,
    arrivals=2,
    smaller=20,
    publications=1,
    sources=20,
    watched=1.0,
    wakes=2,
    step=0.1,
    rest=0,
)
"""Enough to see that everything runs; the figures say nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: a folder to work in, the address of the instant receiver and of the feeds, and who is told."""

    folder: Path
    receiver: str
    feeds: str
    sizes: Sizes = field(default_factory=Sizes)
    say: Callable[[str], None] = print

    def rounds(self, what: str, *, times: int = 1) -> Iterator[int]:
        """Count the rounds, `times` as many where one is quick, and say which one runs."""
        count = self.sizes.rounds * (times if self.sizes.rounds > 1 else 1)
        for number in range(1, count + 1):
            self.say(f"{what}: {number} of {count}")
            yield number
