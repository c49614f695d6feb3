"""When something may go out: a wall time in an IANA zone, a window between two of them, and the next of many.

People plan by the wall clock, so a day has each wall time once, whatever the zone does that day:

- a time that the clock jumps over (02:30 on the spring night) stands for the first instant after the jump, even where
  the clock jumps over midnight and that instant opens the next day (Nuuk);
- a time that comes twice (02:30 on the autumn night) stands for the first of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

MIDNIGHT: Final = time(0)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON: Final = 400
"""How many days ahead a search looks before it says that there is none: more than a year of holidays and pauses."""

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


def _any_day(_day: date) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Slot:
    """A wall time in a zone, once a day."""

    at: time
    zone: ZoneInfo

    def on(self, day: date) -> datetime:
        """Return the instant (aware, UTC) at which this slot falls on a local day."""
        return instant(datetime.combine(day, self.at), self.zone)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the local day from `start` until just before `end`.

    An `end` at or before `start` is on the next day: 22:00-02:00 belongs to the evening, 00:00-00:00 is the whole day.
    """

    start: time
    end: time
    zone: ZoneInfo

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Return the first instant of the window that begins on that local day, and the instant that ends it."""
        last = day if self.end > self.start else day + _DAY
        return Slot(self.start, self.zone).on(day), Slot(self.end, self.zone).on(last)


def weekdays(text: str) -> tuple[int, ...]:
    """Return the days of `mon`, `mon-fri` or `sat-mon`, from 0 for Monday, in order."""
    first, _, last = text.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def time_at(text: str) -> time:
    """Return the time of `09:00`; 24:00 is midnight."""
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)


def ends(text: str) -> tuple[time, time]:
    """Return start and end of `09:00-12:00`."""
    first, _, last = text.partition("-")
    return time_at(first), time_at(last)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (aware, UTC) that a naive wall time stands for in a zone, by the rules of this module."""
    local = wall.replace(tzinfo=zone)
    first = local.astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    # In a gap the later reading of the two lies before the jump and the earlier one after it.
    return first if first <= second else _jump(second, first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the zone has the offset that it has at `after`."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def next_slot(
    slots: Sequence[Slot], after: datetime, days: Callable[[date], bool] = _any_day, *, horizon: int = HORIZON
) -> datetime | None:
    """Return the earliest instant of any slot later than `after`, on a local day that `days` allows.

    None when there is none within `horizon` days.
    """
    found = [at for slot in slots if (at := _next(slot, after, days, horizon)) is not None]
    return min(found, default=None)


def _next(slot: Slot, after: datetime, days: Callable[[date], bool], horizon: int) -> datetime | None:
    # A day early: where the clock jumps over midnight, the slot of a day may fall on the next one.
    day = after.astimezone(slot.zone).date() - _DAY
    for _ in range(horizon + 1):
        if days(day) and (at := slot.on(day)) > after:
            return at
        day += _DAY
    return None


def open_until(windows: Sequence[Window], now: datetime, days: Callable[[date], bool] = _any_day) -> datetime | None:
    """Return the instant at which the last of the windows that are open now ends; None when none is open.

    A window belongs to the local day on which it begins, and `days` is asked about that day.
    """
    ends = [end for start, end in _around(windows, now, days) if start <= now < end]
    return max(ends, default=None)


def _around(windows: Sequence[Window], now: datetime, days: Callable[[date], bool]) -> list[tuple[datetime, datetime]]:
    spans = []
    for window in windows:
        today = now.astimezone(window.zone).date()
        spans += [window.on(day) for day in (today - _DAY, today) if days(day)]
    return spans


def next_opening(
    windows: Sequence[Window], after: datetime, days: Callable[[date], bool] = _any_day, *, horizon: int = HORIZON
) -> datetime | None:
    """Return the earliest instant later than `after` at which a window opens, or None within `horizon` days."""
    return next_slot([Slot(window.start, window.zone) for window in windows], after, days, horizon=horizon)
