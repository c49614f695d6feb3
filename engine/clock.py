"""The only reader of a clock: everything else is handed one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

AWAKE_OR_NOT: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The counter that also counts while the machine is suspended: a lease ends then, too.

Linux has it under a name of its own, and stops CLOCK_MONOTONIC meanwhile; on macOS CLOCK_MONOTONIC goes on
(reviews.freebsd.org/D39270, which compares the systems, read 2026-11-23).
"""


def counted() -> float:
    """Return the seconds of that counter."""
    return time.clock_gettime(AWAKE_OR_NOT)


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time limits go on while the machine is suspended.

    What was under way then is too late the moment the machine wakes: its limit ends it before it can take another
    step, so that no half-begun request goes out hours after its lease.
    """

    def time(self) -> float:
        """Return the time by which limits and waits are counted, in seconds."""
        return counted()


class Clock(Protocol):
    """Wall time, a monotonic counter, and a way to wait; tests hand in one that jumps."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start.

        It never goes back, whatever happens to the wall clock, and does not stand still while the machine is suspended.
        """

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return counted()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(seconds)


class AgreedClock:
    """The database's time, which all processes on it share: leases mean the same to each, whatever its machine shows.

    Between two answers of the database this machine's counter carries the time on, so that nobody who sets the
    machine's clock moves it.
    """

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._start = machine.now()
        self._since = machine.monotonic()

    @property
    def ahead(self) -> timedelta:
        """How far the machine's clock is before the agreed time; negative where it is behind."""
        return self._machine.now() - self.now()

    def now(self) -> datetime:
        """Return the agreed time, aware, in UTC; until the first `agree` it is the machine's."""
        return self._at(self._machine.monotonic())

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return self._machine.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await self._machine.sleep(seconds)

    def agree(self, before: float, theirs: datetime, after: float) -> None:
        """Hear what time it was to the database at some moment between two, which are monotonic seconds.

        The time is moved as little as makes that possible: an answer that was long on its way says little.
        """
        early, late = self._at(before), self._at(after)
        if theirs < early:
            self._start -= early - theirs
        elif theirs > late:
            self._start += theirs - late

    def _at(self, seconds: float) -> datetime:
        return self._start + timedelta(seconds=seconds - self._since)
