"""How much of its allowance a caller has used, as Meta's headers say it ("Rate Limits", read 22 November 2026).

A user's or an app's token: `X-App-Usage`, of 200 calls an hour for each user. A page's token:
`X-Business-Use-Case-Usage`, of 4,800 calls a day for each engaged user. Figures are percent. The headers appear once
there is something to say. `PUT /networks/facebook/usage` sets figures by hand.
"""

from __future__ import annotations

import json
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.facebook.errors import GraphError

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.facebook.callers import Caller

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
APP_CALLS: Final = 200 * 5
PAGE_CALLS: Final = 4_800 * 10
FULL: Final = 100


class Usage:
    """Counts calls: `seen` has when, and `fixed` figures set by hand, by `app` or a page's id."""

    def __init__(self) -> None:
        self.fixed: dict[str, dict[str, int]] = {}
        self.seen: dict[str, deque[datetime]] = {}

    def count(self, caller: Caller, now: datetime) -> None:
        """Count a call; GraphError once the allowance is used up."""
        key = caller.page or "app"
        window, most = (DAY, PAGE_CALLS) if caller.page else (HOUR, APP_CALLS)
        calls = self.seen.setdefault(key, deque(maxlen=most))
        while calls and calls[0] <= now - window:
            calls.popleft()
        calls.append(now)
        if self._percent(key) >= FULL:
            raise GraphError("80001" if caller.page else "4")

    def headers(self, caller: Caller) -> dict[str, str]:
        """Return the headers for a caller."""
        key = caller.page or "app"
        percent = self._percent(key)
        figures = {"call_count": percent, "total_cputime": percent // 2, "total_time": percent // 2}
        figures |= self.fixed.get(key, {})
        if not any(figures.values()):
            return {}
        if not caller.page:
            return {"x-app-usage": json.dumps(figures)}
        wait = 60 if percent >= FULL else 0
        entry: dict[str, Any] = {"type": "pages", "estimated_time_to_regain_access": wait, **figures}
        return {"x-business-use-case-usage": json.dumps({caller.page: [entry]})}

    def _percent(self, key: str) -> int:
        if key in self.fixed:
            return self.fixed[key].get("call_count", 0)
        most = APP_CALLS if key == "app" else PAGE_CALLS
        return len(self.seen.get(key, ())) * FULL // most
