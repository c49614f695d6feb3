"""What a person allowed: consents are an append-only chain for each person; silence is no."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from engine.model.post import Frozen
from engine.model.slot import HORIZON, Window, ends, next_opening, open_until, weekdays

if TYPE_CHECKING:
    from datetime import date, datetime

_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY_HOURS: Final = 24
_DAY: Final = r"(mon|tue|wed|thu|fri|sat|sun)"


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError) as error:
        message = f"“{name}” is not a time zone such as Europe/Paris."
        raise ValueError(message) from error


class Mode(StrEnum):
    """How far the engine may go by itself in this person's name.

    TELL_FIRST is a yes unless the person says no in time, and silence of somebody who was never told is none: where
    nothing can tell them, each post waits for a yes as with ASK_ME.
    """

    ASK_ME = "ask_me"
    TELL_FIRST = "tell_first"
    POST_FOR_ME = "post_for_me"

    @property
    def freedom(self) -> int:
        """How much goes out without a word of the owner: the more, the higher."""
        return list(Mode).index(self)


class Terms(Frozen):
    """What one consent allows for one account.

    `mappings` None means every mapping. `hours` are spans of the day such as 09:00-18:00, and `days` days of the week
    such as mon-fri, in `zone`; none of them is any time. A span that ends before it begins ends on the next day, and
    belongs to the day on which it begins. Caps count publications in a sliding hour and day: 2 and 8 unless the owner
    allows more. A consent that an operator typed in (`how="operator"`) is not the person's own yes and ends after 30
    days at the latest; `evidence` says where the yes can be read. With TELL_FIRST the owner has `notice_hours` to say
    no, counted from when a mail server took the mail that tells of the post.
    """

    mode: Mode = Mode.ASK_ME
    notice_hours: int = Field(default=24, ge=1, le=168)
    mappings: tuple[str, ...] | None = None
    max_per_hour: int = Field(default=2, ge=0, le=60)
    max_per_day: int = Field(default=8, ge=0, le=200)
    hours: tuple[Annotated[str, Field(pattern=f"^{_TIME}-({_TIME}|24:00)$")], ...] = ()
    days: tuple[Annotated[str, Field(pattern=f"^{_DAY}(-{_DAY})?$")], ...] = ()
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    until: AwareDatetime | None = None
    how: Literal["person", "operator"] = "person"
    evidence: str = ""

    @model_validator(mode="after")
    def _zoned(self) -> Self:
        if self.any_time == (self.zone is None):
            return self
        raise ValueError("Hours and days are of a time zone, and a time zone is of hours or days.")

    @property
    def any_time(self) -> bool:
        """Whether posts may go out at every hour of every day."""
        return not (self.hours or self.days)

    @property
    def times(self) -> str:
        """The days and hours, in words."""
        if self.any_time:
            return "any time"
        return f"{' '.join(filter(None, (', '.join(self.days), ', '.join(self.hours))))} ({self.zone})"

    @property
    def per_week(self) -> int:
        """At most how many posts these caps, days and hours let out in a week."""
        hours = sum(_hours(span) for span in self.hours) or _DAY_HOURS
        days = {number for span in self.days or ("mon-sun",) for number in weekdays(span)}
        return len(days) * min(self.max_per_day, self.max_per_hour * min(hours, _DAY_HOURS))

    def opens(self, now: datetime) -> datetime | None:
        """Return the next instant (UTC) of these days and hours, or None where now is one."""
        if self.zone is None:
            return None
        zone = ZoneInfo(self.zone)
        windows = [Window(*ends(span), zone) for span in self.hours or ("00:00-24:00",)]
        numbers = frozenset(number for span in self.days or ("mon-sun",) for number in weekdays(span))

        def allowed(day: date) -> bool:
            return day.weekday() in numbers

        at: datetime | None = now
        while at is not None and open_until(windows, at, allowed) is None:
            # A span that lies within the hour that a spring night leaves out opens and ends in one instant.
            at = next_opening(windows, at, allowed)
        if at is None:
            return now + timedelta(days=HORIZON)
        return None if at == now else at


class Head(Frozen):
    """The live state of one account's consent: the newest record of its chain."""

    account_id: str
    given: bool
    terms: Terms
    seq: int

    def allows(self, mapping: str, now: datetime) -> bool:
        """Tell whether this consent lets that mapping publish at this time."""
        if not self.given or (self.terms.until is not None and now >= self.terms.until):
            return False
        return self.terms.mappings is None or mapping in self.terms.mappings


def _hours(span: str) -> int:
    """Return in how many sliding hours posts may go out of a span of the day, begun ones too."""
    first, last = (60 * at.hour + at.minute for at in ends(span))
    minutes = (last - first) % (60 * _DAY_HOURS)
    return -(-minutes // 60) or _DAY_HOURS


def chain_hash(prev_hash: str, seq: int, record: str) -> str:
    """Return the hash (hex SHA-256) of a consent record: over the one before it, its number and its own JSON."""
    return hashlib.sha256(f"{prev_hash}\n{seq}\n{record}".encode()).hexdigest()
