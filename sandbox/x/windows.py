"""How often each operation may be called: per user in a quarter of an hour, and per app in a longer window.

From xdevplatform/docs, x-api/fundamentals/rate-limits, read on 2026-08-22.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from sandbox.x.problems import plain

QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls a user has in a quarter of an hour, and an app in its own window."""

    user: int
    app: int | None = None
    app_window: timedelta = DAY


LIMITS: Final = {
    "POST /2/tweets": Limit(100, 10_000),
    "GET /2/users/:id/tweets": Limit(900, 10_000, QUARTER),
    "POST /2/users/:id/retweets": Limit(50),
    "GET /2/users/me": Limit(75),
    "POST /2/media/upload/initialize": Limit(1_875, 180_000),
    "POST /2/media/upload/:id/append": Limit(1_875, 180_000),
    "POST /2/media/upload/:id/finalize": Limit(1_875, 180_000),
    "GET /2/media/upload": Limit(1_000, 100_000),
    "POST /2/media/metadata": Limit(500, 50_000),
}


@dataclass(slots=True)
class _Window:
    most: int
    ends: datetime
    used: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {
            "limit": str(self.most),
            "remaining": str(self.most - self.used),
            "reset": str(int(self.ends.timestamp())),
        }


class Windows:
    """The windows that are open; each begins with its first call."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Window] = {}

    def call(self, operation: str, user: str, now: datetime, other: Limit | None = None) -> dict[str, str]:
        """Count a call and return the headers that its answer bears, or refuse it; `other` is instead of X's limit."""
        limit = other or LIMITS[operation]
        mine = self._window((operation, user), limit.user, QUARTER, now)
        ours = self._window((operation, ""), limit.app, limit.app_window, now) if limit.app is not None else None
        full = [window for window in (mine, ours) if window and window.used >= window.most]
        if not full:
            mine.used += 1
            if ours:
                ours.used += 1
        headers = {f"x-rate-limit-{name}": value for name, value in (full[0] if full else mine).headers.items()}
        if ours and limit.app_window == DAY:
            headers |= {f"x-app-limit-24hour-{name}": value for name, value in ours.headers.items()}
        if full:
            raise plain(HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        return headers

    def _window(self, key: tuple[str, str], most: int, length: timedelta, now: datetime) -> _Window:
        window = self._open.get(key)
        if window is None or window.ends <= now:
            window = self._open[key] = _Window(most, now + length)
        return window
