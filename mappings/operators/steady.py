"""`steady`: a post counts once it has not changed for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from mappings.fields import SomeTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post


class Config(NodeConfig):
    """How long a post must rest."""

    for_: SomeTime = Field(alias="for", title="For", description="How long it must not have changed, such as 10m.")


class Steady(HoldingOperator[Config]):
    """Hold each post until it has not changed for a while, so that a corrected slip is never published.

    A post that its source changes while it waits is taken in its new wording, and its time begins again.
    """

    kind = "steady"
    title = "Steady"
    icon = "hourglass"
    follows_changes = True
    example: ClassVar = {"for": "10m"}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post."""
        del post, ctx
        return Hold(f"Waits until it has not changed for {self.config.for_}.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let those go that have rested long enough, oldest first."""
        rest = self.config.for_
        reason = f"Waits until it has not changed for {rest}."
        ready = tuple(waiting.id for waiting in held if waiting.since + rest <= ctx.now)
        later = [waiting.since + rest for waiting in held if waiting.since + rest > ctx.now]
        return Release(ready, until=min(later, default=None), reason=reason) if ready else Wait(min(later), reason)
