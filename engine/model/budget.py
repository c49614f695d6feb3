"""Budgets: what a claim takes of the windows that bound it, and whether they have room. Pure.

A window counts posts, money counts millionths of a dollar. What a claim takes stands in its own transaction, so that
all workers together never take more than there is.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.model.delivery import Move, Reason
from engine.model.permit import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MONEY: Final = "money"
DOLLAR: Final = 1_000_000


class Bucket(NamedTuple):
    """Which window of whom: `key` is an account's id, a platform for its app, or a workspace's id."""

    workspace_id: str
    scope: str
    key: str
    name: str


class Take(NamedTuple):
    """What one claim takes of a bucket, and the window that begins with it where none runs.

    Without a `cap` the bucket's own stands: that of money, which a person sets.
    """

    bucket: Bucket
    amount: int
    cap: int | None
    starts_at: datetime
    ends_at: datetime


class Level(NamedTuple):
    """How full a bucket is: no `cap` is no limit."""

    used: int
    cap: int | None
    starts_at: datetime
    ends_at: datetime


def allot(wanted: Mapping[str, Sequence[Take]], levels: Mapping[Bucket, Level]) -> dict[str, Refusal]:
    """Give deliveries, one after the other, what they want of the buckets; return why those that get nothing wait."""
    used = {bucket: level.used for bucket, level in levels.items()}
    refused = {}
    for delivery, takes in wanted.items():
        met = ((take, _met(take, used[take.bucket], levels[take.bucket])) for take in takes)
        short = next((pair for pair in met if not _fits(*pair)), None)
        if short is not None:
            take, level = short
            refused[delivery] = _broke(take, level) if take.bucket.name == MONEY else _full(take, level)
            continue
        for take in takes:
            used[take.bucket] += take.amount
    return refused


def month(now: datetime) -> tuple[datetime, datetime]:
    """Return when the month of a moment begins and ends, in UTC."""
    first = now.astimezone(UTC).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, time(0), UTC), datetime.combine(following, time(0), UTC)


def micros(dollars: Decimal) -> int:
    """Return millionths of a dollar, rounded up: what is spent is never counted too low."""
    return int((dollars * DOLLAR).to_integral_value(rounding="ROUND_CEILING"))


def dollars(micros: int) -> str:
    """Write money as people do: $25.00, and $0.015 where cents are not enough."""
    exact = Decimal(micros) / DOLLAR
    cents = exact.quantize(Decimal("0.01"))
    return f"${cents if cents == exact else exact.normalize():f}"


def _met(take: Take, used: int, level: Level) -> Level:
    """Return how full a bucket is for a take, under its own cap: sinks that share a bucket may have different ones."""
    return level._replace(used=used, cap=level.cap if take.cap is None else take.cap)


def _fits(take: Take, level: Level) -> bool:
    return level.cap is None or level.used + take.amount <= level.cap


def _full(take: Take, level: Level) -> Refusal:
    who = "This account" if take.bucket.scope == "account" else "All accounts of this app together"
    span = _words(level.ends_at - level.starts_at)
    until = f"{level.ends_at.astimezone(UTC):%d %b %Y %H:%M} UTC"
    posts = "post" if level.cap == 1 else "posts"
    return Refusal(f"{who} may publish {level.cap} {posts} in {span}: more from {until} on.", until=level.ends_at)


def _broke(take: Take, level: Level) -> Refusal:
    left = max(0, (level.cap or 0) - level.used)
    sentence = (
        f"It costs {dollars(take.amount)}, and of the workspace's {dollars(level.cap or 0)} for this month "
        f"{dollars(left)} are left. It goes on when you raise the budget (`chappe budget set`) or the month ends."
    )
    return Refusal(sentence, Move.BLOCK, Reason.MONEY)


def _words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes % 60:
        return f"{minutes} minutes"
    return "one hour" if minutes == 60 else f"{minutes // 60} hours"  # noqa: PLR2004  # an hour
