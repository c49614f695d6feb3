"""How times are written wherever others read them."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """Return a time as RFC 3339 has it, in UTC: `2026-05-04T07:30:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
