"""Failed sign-ins for the record: some of them each hour, and of the rest how many there were.

Anybody can fail as often as the doors of the sign-in let them, from as many addresses as they have: the record must not
be filled by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

MOST: Final = 60
"""How many are recorded in an hour of the wall clock, by each process."""


@dataclass(slots=True)
class Misses:
    """Counts failed sign-ins of this process."""

    hour: datetime | None = None
    recorded: int = 0
    unrecorded: int = 0

    def more(self, now: datetime) -> int | None:
        """Return how many were not recorded before this one, None where this one is not to be recorded either."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self.hour:
            self.hour, self.recorded = hour, 0
        if self.recorded >= MOST:
            self.unrecorded += 1
            return None
        self.recorded += 1
        before, self.unrecorded = self.unrecorded, 0
        return before
