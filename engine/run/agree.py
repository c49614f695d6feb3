"""The time that several processes share: heard from their database at the start, and every few seconds from then on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from engine.clock import AgreedClock
from engine.errors import ChappeError
from engine.store import moment

if TYPE_CHECKING:
    from engine.run.core import Core

SKEW: Final = timedelta(seconds=10)
"""So far a machine's clock may be from the database's before somebody is told."""

AGREE_EVERY_S: Final = 5.0

log = structlog.get_logger()


class ClockError(ChappeError):
    """The clock of this machine is far from that of the database: whoever starts a process there is told first."""


class Agreement:
    """Keeps the clock of a process at the database's time, and says it when the machine's own goes far from it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._told = False

    async def keep(self) -> None:
        """Hear what time it is, where the process shares its database; raises StoreError, and the time goes on then."""
        off = await _heard(self._core)
        if (abs(off) > SKEW) == self._told:
            return
        self._told = not self._told
        if self._told:
            log.warning(
                "The clock of this machine is far from the database's. Leases and what is due go by the database's; "
                "mend the machine's (NTP): logs and certificates go by it.",
                seconds_ahead=round(off.total_seconds()),
            )
        else:
            log.info("The clock of this machine is that of the database again.")

    async def go_on(self) -> None:
        """Keep it until cancelled, in a process that does nothing else by the clock."""
        while True:
            await self._core.clock.sleep(AGREE_EVERY_S)
            try:
                await self.keep()
            except ChappeError as error:
                log.warning("The database could not be asked for the time.", error=str(error))


async def keep_time(core: Core) -> None:
    """Agree upon the time before a process starts; raises ClockError where the machine's clock is far from it."""
    off = await _heard(core)
    if abs(off) > SKEW:
        ahead = "ahead of" if off > timedelta(0) else "behind"
        message = (
            f"The clock of this machine is {abs(off).total_seconds():.0f} s {ahead} the database's, by which all "
            "processes go. Let both machines take their time from the network (NTP), then start again."
        )
        raise ClockError(message)


async def _heard(core: Core) -> timedelta:
    """Hear the database's time; return how far the machine's is ahead of it, nothing where no other process is."""
    clock = core.clock
    if not isinstance(clock, AgreedClock):
        return timedelta(0)
    before = clock.monotonic()
    theirs = await core.store.read(moment.now)
    clock.agree(before, theirs, clock.monotonic())
    return clock.ahead
