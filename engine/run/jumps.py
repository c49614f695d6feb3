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
    """Compares the wall clock with the counter that nothing sets, from look to look, of which there is one a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now(), clock.monotonic()

    def look(self) -> None:
        """Say it when the wall clock has jumped since the last look, or nobody looked for long."""
        now = self._clock.now(), self._clock.monotonic()
        passed = timedelta(seconds=now[1] - self._last[1])
        jump = now[0] - self._last[0] - passed
        self._last = now
        if passed > NOTICED:
            log.warning(
                "The machine slept, or this process stood still: what became due meanwhile goes out now, and what is "
                "too late by its mapping expires.",
                minutes=round(passed / NOTICED),
            )
        if jump > NOTICED:
            log.warning(
                "The clock was set on: what became due by that goes out now, and what is too late by its mapping "
                "expires.",
                minutes=round(jump / NOTICED),
            )
        elif jump < -NOTICED:
            log.warning(
                "The clock was set back: what is due waits for its time to come again, except what lies so "
                "far ahead that only a wrong clock can have put it there.",
                minutes=round(-jump / NOTICED),
            )
