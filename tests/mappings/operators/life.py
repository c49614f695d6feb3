"""A node that holds posts, on a virtual clock: posts arrive, the operator is asked when it wants to be."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.contract.context import WalkContext
from engine.contract.operator import Held, Hold, Release, ReleaseContext, Wait
from engine.model.post import Post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.operator import HoldingOperator

PARIS = ZoneInfo("Europe/Paris")


def utc(text: str) -> datetime:
    """Read a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def paris(text: str) -> datetime:
    """Read a time of the clocks of Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def local(at: datetime) -> str:
    """Write a time as the clocks of Paris show it."""
    return at.astimezone(PARIS).strftime("%a %d %b %H:%M:%S").removesuffix(":00")


def held(*since: datetime) -> tuple[Held, ...]:
    """Hold a post since each of these times."""
    return tuple(Held(f"h{number}", Post(key=f"k{number}"), at) for number, at in enumerate(since))


def asked(
    operator: HoldingOperator[Any], waiting: Sequence[Held], now: datetime, *history: datetime, zone: ZoneInfo = PARIS
) -> Release | Wait:
    """Ask an operator once."""
    return operator.release(waiting, ReleaseContext(now, zone, history, random.Random(1)))


def lived(
    operator: HoldingOperator[Any], arrivals: Sequence[datetime], *, late: timedelta = timedelta(0), most: int = 500
) -> tuple[list[tuple[str, datetime]], list[str]]:
    """Let posts arrive, and return what was let go, when, and what was dropped; the first questions come `late`."""
    ahead = list(held(*sorted(arrivals)))
    waiting: list[Held] = []
    gone: list[tuple[str, datetime]] = []
    dropped: list[str] = []
    until: datetime | None = None
    for nth in range(most):
        if not ahead and not waiting:
            return gone, dropped
        slept = late if nth < 3 else timedelta(0)
        now = min(filter(None, (until + slept if until and waiting else None, ahead[0].since if ahead else None)))
        while ahead and ahead[0].since <= now:
            decision = operator.decide(ahead[0].post, WalkContext("news", "node", PARIS, ahead[0].since))
            assert isinstance(decision, Hold)
            waiting.append(ahead.pop(0))
        answer = asked(operator, waiting, now, *[at for _, at in gone][-operator.history_needed or len(gone) :])
        if isinstance(answer, Release):
            gone += [(one, now) for one in answer.ids]
            dropped += answer.drop
            waiting = [one for one in waiting if one.id not in (*answer.ids, *answer.drop)]
        until = answer.until
        assert until is None or until > now
        assert not waiting or until is not None
    raise AssertionError(f"{len(waiting)} posts still wait after {most} questions")
