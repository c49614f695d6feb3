"""How often a caller may ask: a bucket of requests for each key, session or address, that fills again by itself.

Every answer says how much is left, in the form of draft-ietf-httpapi-ratelimit-headers. Buckets live in this process
and are bounded in number: the one that was used longest ago is forgotten first. Who tries credentials is counted by
address: each one that is refused costs there.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.datastructures import Headers, MutableHeaders

from api.credentials import COOKIE, PLAIN_COOKIE, counted
from api.problem_list import TOO_MANY
from api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from engine.clock import Clock

WINDOW: Final = 60
MOST_BUCKETS: Final = 10_000
_SESSION: Final = re.compile(rf"(?:^|;\s*)(?:{COOKIE}|{PLAIN_COOKIE})=([^;]+)")
_REFUSED: Final = 401


class Left(NamedTuple):
    """What is left in a bucket: whole requests, and seconds until it is full, or until there is one again."""

    requests: int
    full_in: float
    next_in: float


@dataclass(slots=True)
class Buckets:
    """Requests that callers have left: `quota` in a window of a minute, bounded in number."""

    quota: int
    most: int = MOST_BUCKETS
    _kept: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, caller: str, now: float, cost: int = 1) -> Left | None:
        """Take from a caller's bucket at a monotonic time; None where nothing is left."""
        rate = self.quota / WINDOW
        level, at = self._kept.pop(caller, (float(self.quota), now))
        level = min(float(self.quota), level + (now - at) * rate)
        enough = level >= max(cost, 1)
        level -= cost if enough else 0
        self._kept[caller] = level, now
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return Left(int(level), (self.quota - level) / rate, max(0.0, 1 - level) / rate) if enough else None

    def wait(self, caller: str) -> float:
        """Return in how many seconds a caller, as last seen, has a request again."""
        level, _ = self._kept.get(caller, (1.0, 0.0))
        return max(0.0, 1 - level) * WINDOW / self.quota


class Limits:
    """Refuses what comes too often to a path of the API, and says on every answer what is left."""

    def __init__(self, app: ASGIApp, *, clock: Clock, quota: int, prefix: str) -> None:
        self.app = app
        self.clock = clock
        self.prefix = prefix
        self.buckets = Buckets(quota)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that it is one too many."""
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        address = f"address {counted((scope.get('client') or ('',))[0])}"
        caller = _credential(Headers(scope=scope)) or address
        now = self.clock.monotonic()
        left = self.buckets.take(caller, now)
        tried = caller != address
        if left is None or (tried and self.buckets.take(address, now, 0) is None):
            wait = max(1, math.ceil(self.buckets.wait(caller if left is None else address)))
            headers = {"retry-after": str(wait), **self._headers(Left(0, wait, wait))}
            refused = answer(scope, TOO_MANY, f"Wait {wait} s, then ask again.", headers=headers)
            await refused(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                if tried and message["status"] == _REFUSED:
                    self.buckets.take(address, now)
                MutableHeaders(scope=message).update(self._headers(left))
            await send(message)

        await self.app(scope, receive, sending)

    def _headers(self, left: Left) -> dict[str, str]:
        return {
            "ratelimit-policy": f'"default";q={self.buckets.quota};w={WINDOW}',
            "ratelimit": f'"default";r={left.requests};t={math.ceil(left.full_in)}',
        }


def _credential(headers: Headers) -> str:
    """Return what a caller shows, as a hash; empty where they show nothing."""
    session = _SESSION.search(headers.get("cookie", ""))
    shown = headers.get("authorization") or (session[1] if session else "")
    return hashlib.sha256(shown.encode("latin-1", "replace")).hexdigest() if shown else ""
