"""Which windows a claim takes from, what it gives back, and how long a platform's word holds a bucket: pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.contract.answer import LONGEST_WAIT
from engine.model.budget import MONEY, Bucket, Take, micros, month
from engine.model.delivery import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.contract.sink import Sink, Window
    from engine.contract.usage import Usage
    from engine.model.post import Content
    from engine.store.lanes import Lane

FULL: Final = 95.0
"""Per cent of what a platform allows, from which on it is left alone: it throttles at 100, for longer."""
LOOK_AGAIN: Final = timedelta(minutes=5)
"""How long a bucket is held that is nearly full, where the platform does not say until when."""

UNPUBLISHED: Final = frozenset({State.PLANNED, State.REJECTED, State.BLOCKED})
"""Where a try ends that published nothing: its money is given back. Its place in a window is not: it was a request."""
GIVEN_BACK: Final = frozenset({"transient", "given_up", "rate_limited", "rejected", "account_lost", "put_back"})
"""Outcomes of such tries. After any other, the money of the last try pays for the next one."""


def takes(sink: Sink[Any], content: Content, lane: Lane, last: str | None, now: datetime) -> tuple[Take, ...]:
    """Return what a claim of this content takes; `last` is the outcome of the try before it, None where there was none.

    A sink that declares neither windows nor a cost takes nothing.
    """
    found = tuple(_place(window, lane, now) for window in sink.limits.windows)
    cost = sink.cost(content)
    if not cost or (last is not None and last not in GIVEN_BACK):
        return found
    bucket = Bucket(lane.workspace_id, "workspace", lane.workspace_id, MONEY)
    return (*found, Take(bucket, micros(cost), None, *month(now)))


def given_back(taken: Iterable[Take], state: State) -> tuple[Take, ...]:
    """Return what a try that ended in this state gives back."""
    return tuple(take for take in taken if take.bucket.name == MONEY) if state in UNPUBLISHED else ()


def bounds(window: Window, now: datetime) -> tuple[datetime, datetime]:
    """Return when a window that somebody takes from now began, and when it ends."""
    if window.resets == "rolling":
        return now, now + window.period
    today = datetime.combine(now.astimezone(UTC).date(), time(0), UTC)
    return today, today + window.period


def held_until(usage: Usage, now: datetime) -> datetime | None:
    """Return until when a bucket is held after what the platform said of it; None while something is left."""
    if usage.left != 0 and (usage.percent or 0.0) < FULL:
        return None
    asked = usage.until or now + (usage.wait or LOOK_AGAIN)
    return min(asked, now + LONGEST_WAIT) if asked > now else None


def _place(window: Window, lane: Lane, now: datetime) -> Take:
    key = lane.account_id if window.scope == "account" else lane.platform
    return Take(Bucket(lane.workspace_id, window.scope, key, window.name), 1, window.cap, *bounds(window, now))
