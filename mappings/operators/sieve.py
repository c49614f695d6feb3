"""Two sieves: `keep` lets through what a condition holds for, `drop` lets through everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.contract import operator
from engine.contract.operator import Operator, Pass
from mappings.conditions import Condition
from mappings.deciding import ready, why, why_not

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post


class Keep(Operator[Condition]):
    """Let only those posts through for which a condition holds.

    Every test that stands in the node must hold; put tests under `any:` where one of them is enough, under `none:`
    where none may hold. All other posts end here, with the reason in their trace.
    """

    kind = "keep"
    title = "Keep"
    icon = "filter"
    example: ClassVar = {
        "any": [{"text": {"contains": ["we are hiring", "nous recrutons"]}}, {"hashtag": ["hiring", "recrutement"]}],
        "none": [{"link": {"host": "ads.example.org"}}],
    }

    def __init__(self, config: Condition) -> None:
        super().__init__(config)
        self._test = ready(config)
        self._holds = self._test.holds

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through, or say which test did not hold."""
        if self._holds(post, ctx.now):
            return Pass(post)
        return operator.Drop(why_not(self._test, post, ctx.now, name=ctx.node))


class Drop(Operator[Condition]):
    """Stop those posts for which a condition holds.

    Every test that stands in the node must hold for a post to be stopped; put tests under `any:` where one of them is
    enough. All other posts go on.
    """

    kind = "drop"
    title = "Drop"
    icon = "filter-x"
    example: ClassVar = {"any": [{"text": {"contains": "#ad"}}, {"age": {"older": "2d"}}]}

    def __init__(self, config: Condition) -> None:
        super().__init__(config)
        self._test = ready(config)
        self._holds = self._test.holds

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through, or say which test held."""
        if not self._holds(post, ctx.now):
            return Pass(post)
        return operator.Drop(why(self._test, post, ctx.now))
