"""Times in tests of mappings: a day and a time, the next time of day or of the week, or so long after the start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from engine.model.duration import Duration
from engine.model.slot import WEEKDAYS, instant
from mappings.fields import refusal
from mappings.findings import clipped

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_WRITTEN: Final = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T]|(?P<weekday>mon|tue|wed|thu|fri|sat|sun) )?"
    r"(?P<time>[0-9]{2}:[0-9]{2})|(?P<sign>[+-]?)(?P<after>[0-9]+[smhd])"
)
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was written: `2026-03-02 09:00`, `tue 14:00`, `14:00`, `2h` after the start, `-3d` before it."""

    written: str
    day: date | None = None
    weekday: int | None = None
    wall: time | None = None
    after: timedelta = timedelta(0)

    def on(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant (aware, UTC) that is meant, the first at or after `now` where no day is named."""
        if self.wall is None:
            return (now + self.after).astimezone(UTC)
        if self.day is not None:
            return instant(datetime.combine(self.day, self.wall), zone)
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(_WEEK + 1))
        some = (day for day in days if self.weekday in (None, day.weekday()))
        found = (instant(datetime.combine(day, self.wall), zone) for day in some)
        return next(at for at in found if at >= now)

    def is_at(self, at: datetime, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether an instant is that time, to the minute; a time without a day is that of any day."""
        if self.wall is None or self.day is not None:
            return _minute(at) == _minute(self.on(now, zone))
        local = at.astimezone(zone)
        return (local.hour, local.minute) == (self.wall.hour, self.wall.minute) and (
            self.weekday in (None, local.weekday())
        )


START: Final = Moment("2026-01-05 09:00", day=date(2026, 1, 5), wall=time(9))
"""When a test begins that does not say when: on a Monday morning."""


def shown(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as it is written in a test, with its day of the week before it."""
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _moment(value: Any) -> Moment:
    if isinstance(value, Moment):
        return value
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is not None:
            return _read(match)
    except ValueError:
        pass
    said = f"“{clipped(value)}” is" if isinstance(value, str) else "This is"
    raise refusal("time", f"{said} not a time such as 2026-03-02 09:00, tue 14:00, 14:00, or 2h after the start.")


def _read(match: re.Match[str]) -> Moment:
    if match["after"]:
        after = Duration.parse(match["after"])
        return Moment(match[0], after=-after if match["sign"] == "-" else after)
    return Moment(
        match[0],
        day=date.fromisoformat(match["day"]) if match["day"] else None,
        weekday=WEEKDAYS.index(match["weekday"]) if match["weekday"] else None,
        wall=time.fromisoformat(match["time"]),
    )


MomentText: TypeAlias = Annotated[
    Moment,
    PlainValidator(_moment),
    PlainSerializer(lambda moment: moment.written, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["2026-03-02 09:00", "tue 14:00", "14:00", "2h"]}),
]
"""A time in a test."""
