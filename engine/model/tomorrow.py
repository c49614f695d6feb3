"""Tomorrow at nine, by the clock of whoever said so."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from engine.model.consent import Terms

NINE: Final = time(9)
ELSEWHERE: Final = "UTC"
"""The clock of who named none."""


def tomorrow_at_nine(terms: Terms | None, now: datetime) -> datetime:
    """Return tomorrow at nine by the clock that these terms name, in UTC."""
    zone = ZoneInfo((terms.zone if terms is not None else None) or ELSEWHERE)
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, NINE, zone).astimezone(UTC)
