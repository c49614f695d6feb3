"""Breakers and retry budgets: what keeps failing is left alone for a while, so that what does not goes on.

An account rests after five failures in a row. A platform rests when, within five minutes, at least twenty calls for at
least three accounts were made and half of them failed. The first rest is 5 minutes, each that follows without a success
in between is twice as long, up to an hour; after it one call at a time probes. Retries are at most a tenth of the first
tries of a platform within ten minutes, or ten: what is beyond waits until these are over.

Each process counts what it saw itself; a rest is a held bucket, a row that every process heeds. What a platform says
about its limits, and accounts that are lost, have ways of their own (`heed.py`, `settle.py`).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from engine.errors import Scope

IN_A_ROW: Final = 5
CALLS: Final = 20
ACCOUNTS: Final = 3
SHARE: Final = 0.5
SEEN: Final = timedelta(minutes=5)
FIRST_REST: Final = timedelta(minutes=5)
LONGEST_REST: Final = timedelta(hours=1)

RETRIES: Final = 10
RETRIES_SHARE: Final = 0.1
RETRIES_IN: Final = timedelta(minutes=10)

LAST_CALLS: Final = 200
"""So many calls of a platform are looked at, the last ones."""
KEPT: Final = 10_000
"""So many platforms and accounts are remembered, those that were heard of last."""

FAILED: Final = frozenset({"transient", "given_up", "doubtful"})
WORKED: Final = frozenset({"sent", "rejected"})
"""Outcomes that say something about the health of a platform. A refusal is an answer."""

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Place(NamedTuple):
    """A platform as one workspace calls it: with its own app, and for its own accounts."""

    workspace_id: str
    platform: str


class Call(NamedTuple):
    """A publishing request that ended at `at`, monotonic seconds; `retry` when it was not the delivery's first try."""

    place: Place
    account_id: str
    outcome: str
    retry: bool
    at: float


class Rest(NamedTuple):
    """What is to be left alone for so long, and why."""

    scope: Scope
    lasts: timedelta
    why: str


@dataclass(slots=True)
class _Health:
    """How a platform or an account did; `until` is when its rest ends, None before the first failure that matters."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=LAST_CALLS))
    failures: int = 0
    rests: int = 0
    until: float | None = None

    def rest(self, scope: Scope, why: str, now: float) -> Rest:
        lasts = min(LONGEST_REST, FIRST_REST * 2 ** min(self.rests, 10))
        self.rests += 1
        self.failures = 0
        self.until = now + lasts.total_seconds()
        self.calls.clear()
        return Rest(scope, lasts, why)


@dataclass(slots=True)
class _Tries:
    """The first tries and the retries of a platform since `began`."""

    began: float
    firsts: int = 0
    retries: int = 0


class Breakers:
    """What this process saw of platforms and accounts."""

    def __init__(self) -> None:
        self._platforms: OrderedDict[Place, _Health] = OrderedDict()
        self._accounts: OrderedDict[str, _Health] = OrderedDict()
        self._tries: OrderedDict[Place, _Tries] = OrderedDict()

    def seen(self, call: Call) -> list[Rest]:
        """Count a call; return what is to rest from now on."""
        tries = self._counted(call.place, call.at)
        tries.retries += call.retry
        tries.firsts += not call.retry
        if call.outcome not in FAILED | WORKED:
            return []
        return [rest for rest in (self._account(call), self._platform(call)) if rest is not None]

    def probes(self, place: Place, now: float) -> bool:
        """Tell whether a platform has rested and did not work since: it is then called once at a time."""
        health = self._platforms.get(place)
        return health is not None and health.until is not None and now >= health.until

    def resting(self, now: float) -> dict[str, int]:
        """Return how many platforms and accounts rest, as this process saw them."""
        every = {"platform": self._platforms.values(), "account": self._accounts.values()}
        return {
            scope: sum(1 for one in some if one.until is not None and now < one.until) for scope, some in every.items()
        }

    def retry_after(self, place: Place, now: float) -> timedelta:
        """Return how long at least the next retry at a platform waits: none at all, or until the budget is new."""
        tries = self._counted(place, now)
        if tries.retries < max(RETRIES, RETRIES_SHARE * tries.firsts):
            return timedelta()
        return RETRIES_IN - timedelta(seconds=now - tries.began)

    def _counted(self, place: Place, now: float) -> _Tries:
        tries = _kept(self._tries, place, lambda: _Tries(now))
        if now - tries.began >= RETRIES_IN.total_seconds():
            tries.began, tries.firsts, tries.retries = now, 0, 0
        return tries

    def _account(self, call: Call) -> Rest | None:
        if call.outcome in WORKED:
            self._accounts.pop(call.account_id, None)
            return None
        health = _kept(self._accounts, call.account_id, _Health)
        health.failures += 1
        if health.until is not None:
            return health.rest("account", "It failed again after a rest", call.at)
        if health.failures >= IN_A_ROW:
            return health.rest("account", f"{IN_A_ROW} tries in a row failed", call.at)
        return None

    def _platform(self, call: Call) -> Rest | None:
        health = _kept(self._platforms, call.place, _Health)
        if health.until is not None:
            return self._probed(health, call)
        health.calls.append(call)
        while health.calls[0].at <= call.at - SEEN.total_seconds():
            health.calls.popleft()
        if call.outcome in WORKED:
            return None
        failed = sum(1 for one in health.calls if one.outcome in FAILED)
        made = len(health.calls)
        accounts = len({one.account_id for one in health.calls})
        if made < CALLS or accounts < ACCOUNTS or failed < SHARE * made:
            return None
        return health.rest("platform", f"{failed} of {made} tries within 5 minutes failed", call.at)

    def _probed(self, health: _Health, call: Call) -> Rest | None:
        """Hear of a call since a rest began; a failure during the rest had been under way, and says nothing new."""
        if call.outcome in WORKED:
            health.rests, health.until = 0, None
        elif health.until is not None and call.at >= health.until:
            return health.rest("platform", "It failed again after a rest", call.at)
        return None


def _kept(among: OrderedDict[K, V], key: K, new: Callable[[], V]) -> V:
    """Return the value of a key, new where there is none; the one that was not heard of for longest goes first."""
    if key not in among:
        among[key] = new()
        if len(among) > KEPT:
            among.popitem(last=False)
    among.move_to_end(key)
    return among[key]
