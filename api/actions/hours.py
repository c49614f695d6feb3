"""The hours and days of a consent, as they are typed in: checked, and put in the place of what is allowed now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, TypeAdapter, ValidationError

from api.errors import UsageError
from mappings.calendar_days import day_span, time_span
from mappings.fields import Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model.consent import Terms

T = TypeVar("T")

TimeSpan = Annotated[str, AfterValidator(time_span)]
DaySpan = Annotated[str, AfterValidator(day_span)]

_HOURS: Final[TypeAdapter[tuple[str, ...]]] = TypeAdapter(tuple[TimeSpan, ...])
_DAYS: Final[TypeAdapter[tuple[str, ...]]] = TypeAdapter(tuple[DaySpan, ...])
_ZONE: Final = TypeAdapter(Zone)


@dataclass(frozen=True, slots=True)
class Times:
    """What an operator types in of hours and days: None keeps what is allowed now, and empty is any."""

    hours: tuple[str, ...] | None = None
    days: tuple[str, ...] | None = None
    zone: str | None = None

    def put(self, kept: Terms) -> dict[str, Any]:
        """Return hours, days and zone of the new terms; raises UsageError where nobody knows which zone is meant."""
        hours = kept.hours if self.hours is None else self.hours
        days = kept.days if self.days is None else self.days
        zone = self.zone or kept.zone
        if (hours or days) and zone is None:
            raise UsageError("Hours and days are of a time zone: say which, such as --zone Europe/Paris.")
        if self.zone and not (hours or days):
            raise UsageError("--zone goes with --hours or --days: without them every time is allowed.")
        return {"hours": hours, "days": days, "zone": zone if hours or days else None}


NOTHING_SAID: Final = Times()


def typed_in(hours: Sequence[str] | None, days: Sequence[str] | None, zone: str | None, *, any_time: bool) -> Times:
    """Read the options of a command; raises UsageError with what is wrong with them."""
    if any_time:
        if hours or days or zone:
            raise UsageError("--any-time excludes --hours, --days and --zone: name some, or all.")
        return Times((), ())
    return Times(
        _read(_HOURS, "--hours", _listed(hours)) if hours else None,
        _read(_DAYS, "--days", _listed(days)) if days else None,
        _read(_ZONE, "--zone", zone).key if zone else None,
    )


def _listed(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for part in text.split(",")]


def _read(adapter: TypeAdapter[T], option: str, value: object) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        message = f"{option}: {error.errors()[0]['msg']}"
        raise UsageError(message) from None
