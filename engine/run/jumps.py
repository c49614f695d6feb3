"""A clock that jumps is said in the log: everything that is due goes by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from engine.clock import Clock

NOTICED: Final = timedelta(minutes=1)
"""A clock that is kept right by small steps is not worth a word."""

log = structlog.get_logger()


class Jumps:
    """Compares the wall clock with the monotonic one, from look to look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now(), clock.monotonic()

    def look(self) -> None:
        """Say it when the wall clock has jumped since the last look."""
        now = self._clock.now(), self._clock.monotonic()
        jump = now[0] - self._last[0] - timedelta(seconds=now[1] - self._last[1])
        self._last = now
        if jump > NOTICED:
            log.warning(
                "The machine's clock was set on, or the machine slept: what became due meanwhile goes out now, and "
                "what is too late by its mapping expires.",
                minutes=round(jump / NOTICED),
            )
        elif jump < -NOTICED:
            log.warning(
                "The machine's clock was set back: what is due waits for its time to come again, except what lies so "
                "far ahead that only a wrong clock can have put it there.",
                minutes=round(-jump / NOTICED),
            )
