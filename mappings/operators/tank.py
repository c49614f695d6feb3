"""`tank`: posts are stored and released one by one, once or several times each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from mappings.fields import SomeTime
from mappings.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

MOST: Final = 400
"""A node is asked about at most 500 posts at once: a fuller tank would not see those that are too many."""


class Config(NodeConfig):
    """How many the tank holds, how often it releases one, which, and how many times."""

    every: Remembered = Field(title="Every", description="One post goes on in each such time, such as 1d.")
    capacity: int = Field(default=150, ge=1, le=MOST, title="Capacity", description="How many posts it holds.")
    order: Literal["oldest", "newest", "random"] = Field(
        default="oldest", title="Order", description="Which post goes first."
    )
    publications: int = Field(
        default=1,
        ge=0,
        le=1_000,
        title="Publications",
        description="How many times each post goes on before it leaves the tank; 0 keeps it for ever (random only).",
    )
    gap: SomeTime | None = Field(
        default=None, title="Gap", description="The least time between two publications of the same post, such as 30d."
    )
    overflow: Literal["refuse", "drop_oldest"] = Field(
        default="refuse",
        title="Overflow",
        description="What ends when the tank is full: the newcomer, or the post that came first.",
    )

    @model_validator(mode="after")
    def _for_ever_by_chance_alone(self) -> Self:
        if self.publications == 0 and self.order != "random":
            raise ValueError("A tank that keeps its posts for ever (`publications: 0`) needs `order: random`.")
        return self


class Tank(HoldingOperator[Config]):
    """Store posts and let one go on in each period, each once or several times.

    The first post goes on at once; after that one goes on in each `every`, as long as there are any. Posts that have
    not gone on yet come first: the oldest, the newest, or, with those that have, one by chance. Then those go on again
    that went the longest time ago. No post goes on more than `publications` times, nor twice within `gap`, and by
    chance not twice in a row while there is another. With `publications: 0` it stays until `overflow: drop_oldest`
    lets it go. Each publication of a post is another round: an account publishes each round once.

    When there are more than `capacity`, the newcomer ends here, or the one that came first. A post that the tank keeps
    leaves it when the node is removed from the mapping; what has not gone on by then goes on once.
    """

    kind = "tank"
    title = "Tank"
    icon = "database"
    example: ClassVar = {"every": "1d", "capacity": 150, "order": "random", "publications": 3, "gap": "30d"}
    history_needed = 1

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post."""
        del post, ctx
        return Hold(f"Waits in the tank: one post goes on every {self.config.every}.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let one go, if it is time; then end what is too much."""
        drop = self._done(held, ctx)
        left = [one for one in held if one.id not in drop]
        gone = self._next(left, ctx) if self._free_at(ctx) <= ctx.now else None
        kept = gone is not None and not ctx.removed and gone.times + 1 != self.config.publications
        inside = [one for one in left if one is not gone or kept]
        full = self._overflow(inside)
        inside = [one for one in inside if one.id not in full]
        drop |= {held_id: sentence for held_id, sentence in full.items() if gone is None or held_id != gone.id}
        until = self._until(inside, gone, ctx)
        if gone is None and not drop and until is not None:
            return Wait(until, self._rule)
        return Release(
            ids=(gone.id,) if gone is not None else (),
            drop=tuple(drop),
            until=until,
            reason=self._told(gone) if gone is not None else self._rule,
            stays=(gone.id,) if gone is not None and gone in inside else (),
            reasons=drop,
        )

    @property
    def _rule(self) -> str:
        return f"Waits in the tank: one post goes on every {self.config.every}."

    def _told(self, gone: Held) -> str:
        most = self.config.publications
        if most == 1:
            return "It goes on from the tank."
        return f"It goes on from the tank, time {gone.times + 1}{f' of {most}' if most else ''}."

    def _done(self, held: Sequence[Held], ctx: ReleaseContext) -> dict[str, str]:
        """Return what has gone on as often as it may, now that the mapping has changed, with the sentence for it."""
        most = 1 if ctx.removed else self.config.publications
        done = [one for one in held if most and one.times >= most]
        return {one.id: f"The tank lets it go on no more: it went on {_times(one.times)}." for one in done}

    def _overflow(self, inside: Sequence[Held]) -> dict[str, str]:
        capacity = self.config.capacity
        posts = f"{capacity} post{'s' * (capacity != 1)}"
        if self.config.overflow == "refuse":
            return dict.fromkeys([one.id for one in inside[capacity:]], f"The tank is full: it holds {posts}.")
        too_many = inside[: max(0, len(inside) - capacity)]
        return dict.fromkeys([one.id for one in too_many], f"It made room for a newer post: the tank holds {posts}.")

    def _free_at(self, ctx: ReleaseContext) -> datetime:
        return ctx.history[-1] + self.config.every if ctx.history else ctx.now

    def _ready_at(self, one: Held, last: datetime | None) -> datetime:
        return last + self.config.gap if last is not None and self.config.gap is not None else last or one.since

    def _next(self, left: Sequence[Held], ctx: ReleaseContext) -> Held | None:
        ready = [one for one in left if self._ready_at(one, one.last) <= ctx.now]
        if not ready:
            return None
        if self.config.order == "random":
            newest = max((one.last for one in ready if one.last is not None), default=None)
            others = [one for one in ready if one.last is None or one.last != newest]
            drawn = f"{ctx.random.random()}:{sum(one.times for one in left)}"
            return random.Random(drawn).choice(others or ready)  # noqa: S311  # chooses posts, guards nothing
        fresh = [one for one in ready if one.last is None]
        if fresh:
            return fresh[0 if self.config.order == "oldest" else -1]
        return min(ready, key=lambda one: one.last or one.since)

    def _until(self, inside: Sequence[Held], gone: Held | None, ctx: ReleaseContext) -> datetime | None:
        """Return when the next one may go; None where nothing is left."""
        if not inside:
            return None
        free = self._free_at(ctx) if gone is None else ctx.now + self.config.every
        return max(free, min(self._ready_at(one, ctx.now if one is gone else one.last) for one in inside))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
