"""What is raced over: how many feeds, items and sinks, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tests.peers.receiver import read_journal

if TYPE_CHECKING:
    from pathlib import Path


class Course(NamedTuple):
    """One scenario: so many feeds of so many items, each item to each sink; one process `killed` in the middle, or not.

    Of `polls` there are no items: one feed that has not changed is asked so often.
    """

    name: str
    feeds: int
    items: int
    sinks: int
    killed: bool = False
    polls: int = 0

    @property
    def posts(self) -> int:
        """How many must arrive."""
        return self.feeds * self.items * self.sinks

    def smaller(self, by: int) -> Course:
        """Return it with fewer of everything, at least one of each that there is."""
        feeds, items, sinks, polls = (
            min(count, max(1, count // by)) for count in (self.feeds, self.items, self.sinks, self.polls)
        )
        return self._replace(feeds=feeds, items=items, sinks=sinks, polls=polls)


COURSES = (
    Course("one feed of 200 items to 1 sink", 1, 200, 1),
    Course("20 items to 200 sinks", 1, 20, 200),
    Course("100 feeds of 20 items", 100, 20, 1),
    Course("50 polls of an unchanged feed", 1, 0, 0, polls=50),
    Course("20 items to 200 sinks, killed halfway", 1, 20, 200, killed=True),
)


class Place(NamedTuple):
    """Where the feeds and the sinks of a course are, and a folder to work in."""

    folder: Path
    feed: str
    sink: str

    def feeds(self, course: Course) -> list[str]:
        """Return the addresses of the feeds."""
        if course.polls:
            return [f"{self.feed}/etag"]
        return [f"{self.feed}/some/{number}/{course.items}" for number in range(course.feeds)]

    def sinks(self, course: Course) -> list[str]:
        """Return the addresses of the sinks."""
        return [f"{self.sink}/{number}" for number in range(course.sinks)]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run over a course came to: seconds from the start, CPU less what starting alone costs, bytes.

    Where feeds are only polled, `arrived` are the polls.
    """

    first: float
    last: float
    cpu: float
    memory: int
    arrived: int
    lost: int
    doubled: int

    @property
    def rate(self) -> float:
        """Posts a second, from the first to the last."""
        return self.arrived / max(self.last - self.first, 1e-3)

    def cpu_per_thousand(self) -> float:
        """CPU seconds for a thousand posts, or polls: milliseconds for one."""
        return self.cpu / max(self.arrived, 1) * 1_000


class Arrivals:
    """Counts the lines of the receiver's journal as they come."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._read = 0
        self.count = 0

    def look(self) -> int:
        """Return how many lines there are by now."""
        with self._journal.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        self.count += new.count(b"\n")
        return self.count

    def tally(self) -> tuple[int, int]:
        """Return how many different posts arrived at their sinks, and how many arrived more than once."""
        seen = Counter((entry.path, entry.sha256) for entry in read_journal(self._journal) if entry.published)
        return len(seen), sum(seen.values()) - len(seen)
