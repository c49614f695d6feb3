"""Days and times of the week as mappings write them: mon-fri, 09:00-12:00, 2026-12-24..2027-01-02, FR, DE-BY."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

import holidays

from engine.model.slot import WEEKDAYS, weekdays
from mappings.fields import refusal
from mappings.findings import clipped, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_PLACE: Final = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,8}))?")
MIDNIGHT: Final = "24:00"


class Calendar:
    """Which days are free: of these days of the week, no public holiday, and not blacked out."""

    def __init__(self, days: Iterable[str], places: Iterable[str], blackouts: Iterable[str]) -> None:
        self._weekdays = frozenset(number for text in days for number in weekdays(text))
        self._holidays = tuple(map(_holidays, places))
        self._blackouts = tuple(map(dates, blackouts))

    def free(self, day: date) -> bool:
        """Tell whether posts may go out on a local day."""
        return (
            day.weekday() in self._weekdays
            and not any(first <= day <= last for first, last in self._blackouts)
            and not any(day in free for free in self._holidays)
        )


def day_span(text: str) -> str:
    """Check days of the week."""
    parts = [_short(part) for part in text.strip().casefold().split("-")]
    if len(parts) <= 2 and all(part in WEEKDAYS for part in parts):  # noqa: PLR2004  # one day, or two ends
        return "-".join(parts)
    advice = did_you_mean(text, (*WEEKDAYS, "mon-fri", "mon-sun", "sat-sun"))
    raise refusal("time", f"“{clipped(text)}” is not a day of the week such as mon, or days such as mon-fri.{advice}")


def _short(name: str) -> str:
    bare = name.strip()
    return WEEKDAYS[_LONG.index(bare)] if bare in _LONG else bare


def time_of_day(text: str) -> str:
    """Check a time of the day."""
    if match := _TIME.fullmatch(text.strip()):
        return f"{int(match[1]):02}:{match[2]}"
    raise refusal("time", f"“{clipped(text)}” is not a time of the day such as 09:00 or 17:30.")


def time_span(text: str) -> str:
    """Check a span of the day; it may end on the next one, and at 24:00."""
    first, _, last = (part.strip() for part in text.replace("–", "-").partition("-"))
    if not _TIME.fullmatch(first) or not (last == MIDNIGHT or _TIME.fullmatch(last)):
        raise refusal("time", f"“{clipped(text)}” is not a span of the day such as 09:00-12:00.")
    start = time_of_day(first)
    end = MIDNIGHT if last == MIDNIGHT else time_of_day(last)
    if start == end:
        raise refusal("time", f"“{clipped(text)}” is empty: it ends when it begins. The whole day is 00:00-24:00.")
    return f"{start}-{end}"


def date_span(text: str) -> str:
    """Check a day of the calendar, or the first and the last of several."""
    parts = [part.strip() for part in text.split("..")]
    try:
        days = [date.fromisoformat(part) for part in parts if len(part) == len("2026-12-24")]
    except ValueError:
        days = []
    if len(days) != len(parts) or len(days) > 2:  # noqa: PLR2004  # one day, or two ends
        shown = "a day such as 2026-12-24, or days such as 2026-12-24..2027-01-02"
        raise refusal("time", f"“{clipped(text)}” is not {shown}.")
    if days[0] > days[-1]:
        raise refusal("time", f"“{clipped(text)}” ends before it begins.")
    return "..".join(parts)


def dates(text: str) -> tuple[date, date]:
    """Return the first and the last day of what `date_span` has checked."""
    first, _, last = text.partition("..")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def country(text: str) -> str:
    """Check a country by its two letters, or a region of one."""
    place = text.strip()
    if _PLACE.fullmatch(place) and _is_known(place):
        return place
    advice = f" Did you mean `{place.upper()}`?" if _PLACE.fullmatch(place.upper()) and place != place.upper() else ""
    sentence = f"“{clipped(text)}” is not a country such as FR, or a region such as DE-BY, whose holidays are known."
    raise refusal("time", f"{sentence}{advice}")


def _is_known(place: str) -> bool:
    land, _, region = place.partition("-")
    entity = getattr(holidays, land, None)  # the library has a class for each country, by its two letters
    return entity is not None and (not region or region in (*entity.subdivisions, *entity.subdivisions_aliases))


def _holidays(place: str) -> holidays.HolidayBase:
    land, _, region = place.partition("-")
    return holidays.country_holidays(land, subdiv=region or None)
