"""What this process did, counted for whoever watches it: publishing requests, how long they took, polls.

Counted by platform and outcome alone, of which there are few: never by account, mapping or workspace. Where a process
begins anew, so do its counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.clock import Clock

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
"""Seconds; a publishing request has 15 in all."""


@dataclass(slots=True)
class Latency:
    """How long requests took: how many up to each bound and not the one before, the last beyond all; their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


@dataclass(slots=True)
class Tally:
    """The counts: attempts by platform and outcome, their latency by platform, polls by outcome."""

    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    latencies: dict[str, Latency] = field(default_factory=dict)
    polls: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def timed(self, platform: str, clock: Clock) -> Iterator[None]:
        """Count how long something takes, also where it fails."""
        began = clock.monotonic()
        try:
            yield
        finally:
            self.latencies.setdefault(platform, Latency()).add(clock.monotonic() - began)

    def copied(self) -> Tally:
        """Return the counts as they are now."""
        latencies = {name: Latency([*one.counts], one.seconds) for name, one in self.latencies.items()}
        return Tally(Counter(self.attempts), latencies, Counter(self.polls))
