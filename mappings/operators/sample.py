"""`sample`: a share of the posts goes on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import Field

from engine.contract.node import NodeConfig
from engine.contract.operator import Drop, Operator, Pass

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post

_ALL: Final = 2**64


class Config(NodeConfig):
    """How large the share is."""

    percent: float = Field(gt=0, le=100, title="Percent", description="How many of a hundred posts go on, such as 10.")


class Sample(Operator[Config]):
    """Let a share of the posts through: a new wording or a new network is tried with few of them.

    Whether a post goes on is drawn from the names of the mapping and of this node and from the post's key: it is the
    same after a restart, in a replay, and when the post is changed. A larger share takes the same posts and more. The
    share is that of many posts; among a few it may be larger or smaller.
    """

    kind = "sample"
    title = "Sample"
    icon = "dices"
    example: ClassVar = {"percent": 10}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through if it is of the share."""
        if drawn(post, ctx) * 100 < self.config.percent:
            return Pass(post)
        return Drop(f"Not of the share that goes on: {self.config.percent:g} of a hundred posts.")


def drawn(post: Post, ctx: WalkContext) -> float:
    """Return the number between 0 and 1 that a post draws at a node."""
    seed = f"{ctx.mapping}\0{ctx.node}\0{post.key}"
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) / _ALL
