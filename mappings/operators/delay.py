"""`delay`: every post waits for a fixed time, or for one that is drawn for it."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from engine.model.duration import Duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post


class Config(NodeConfig):
    """How long: one of the two."""

    for_: Duration | None = Field(default=None, alias="for", title="For", description="How long each waits: 2h.")
    between: tuple[Duration, Duration] | None = Field(
        default=None, title="Between", description="The shortest and the longest time; each post draws its own."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.for_ is None) == (self.between is None):
            raise ValueError("Say how long: either `for: 2h` or `between: [10m, 2h]`.")
        if self.between is not None and self.between[0] > self.between[1]:
            raise ValueError("In `between:` the shorter time comes first.")
        return self


class Delay(HoldingOperator[Config]):
    """Hold each post for a fixed time, or for a random time between two.

    The random time of a post is drawn from its key, to the second: it is the same after a restart and in a replay,
    and a later post with a shorter time may pass an earlier one.
    """

    kind = "delay"
    title = "Delay"
    icon = "timer"
    example: ClassVar = {"between": ["10m", "2h"]}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post."""
        del ctx
        return Hold(f"Waits for {_spoken(self.wait(post))}.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let those go whose time is over, in the order in which their times ended."""
        ends = [(waiting.since + self.wait(waiting.post), waiting.id) for waiting in held]
        due = sorted(ends, key=lambda pair: pair[0])
        ready = tuple(waiting for at, waiting in due if at <= ctx.now)
        later = next((at for at, _ in due if at > ctx.now), None)
        if ready or later is None:
            return Release(ready, until=later, reason="Waits for its time to be over.")
        return Wait(later, "Waits for its time to be over.")

    def wait(self, post: Post) -> timedelta:
        """Return how long a post waits."""
        if self.config.between is None:
            return self.config.for_ or timedelta(0)
        shortest, longest = self.config.between
        return _drawn(post.key, shortest, longest)


@lru_cache(maxsize=4_096)  # every post that waits is drawn for again each time that the node is asked
def _drawn(key: str, shortest: timedelta, longest: timedelta) -> timedelta:
    least, most = int(shortest.total_seconds()), int(longest.total_seconds())
    drawn = random.Random(f"{key}|{least}|{most}")  # noqa: S311  # spreads posts, guards nothing
    return timedelta(seconds=drawn.randint(least, most))


def _spoken(span: timedelta) -> str:
    """Return a time as people say it: 1 d 2 h, 25 min, 40 s."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    counted = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    parts = [f"{number} {unit}" for number, unit in counted if number]
    return " ".join(parts[:2]) or "0 s"
