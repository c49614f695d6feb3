"""`pace`: at most so many posts in a period, and never two too close together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from mappings.fields import SomeTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post


class Config(NodeConfig):
    """How many, how often, and what becomes of the others."""

    at_most: int = Field(ge=1, le=1_000, title="At most", description="How many posts may go on within the period.")
    per: SomeTime = Field(title="Per", description="The period, such as 1d: any 24 hours on end, not a calendar day.")
    gap: SomeTime | None = Field(default=None, title="Gap", description="The least time between two posts, such as 2h.")
    overflow: Literal["hold", "drop"] = Field(
        default="hold", title="Overflow", description="Whether the others wait for their turn, or end here."
    )


class Pace(HoldingOperator[Config]):
    """Let at most so many posts go on in a period, with a least time between two of them.

    The period slides: `at_most: 3` with `per: 1d` means that no 24 hours on end have more than three. The oldest post
    goes first. With `overflow: hold` the others wait for their turn, with `overflow: drop` they end here.
    """

    kind = "pace"
    title = "Pace"
    icon = "gauge"
    example: ClassVar = {"at_most": 3, "per": "1d", "gap": "2h", "overflow": "hold"}

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.history_needed = config.at_most

    @property
    def rule(self) -> str:
        """Return what the node allows, in words."""
        gap = f", {self.config.gap} apart" if self.config.gap else ""
        return f"at most {self.config.at_most} in {self.config.per}{gap}"

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post: whether it may go on depends on those before it."""
        del post, ctx
        return Hold(f"Waits for its turn: {self.rule}.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let as many go as the period and the gap allow, oldest first."""
        history = list(ctx.history)
        going = 0
        while going < len(held) and self._free_at(history, ctx.now) <= ctx.now:
            history.append(ctx.now)
            going += 1
        ids = tuple(waiting.id for waiting in held[:going])
        others = tuple(waiting.id for waiting in held[going:])
        if self.config.overflow == "drop":
            return Release(ids, drop=others, reason=f"Too many: {self.rule}.")
        until = self._free_at(history, ctx.now)
        if not ids:
            return Wait(until, f"Waits for its turn: {self.rule}.")
        return Release(ids, until=until if others else None, reason=f"Waits for its turn: {self.rule}.")

    def _free_at(self, history: Sequence[datetime], now: datetime) -> datetime:
        """Return when the next post may go on."""
        free = now
        if len(history) >= self.config.at_most:
            free = max(free, history[-self.config.at_most] + self.config.per)
        if history and self.config.gap:
            free = max(free, history[-1] + self.config.gap)
        return free
