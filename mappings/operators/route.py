"""`route`: posts leave by one of several outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Self

from pydantic import Field, model_validator

from engine.contract import operator
from engine.contract.node import NodeConfig
from engine.contract.operator import Operator, Pass
from mappings.conditions import Condition, bear
from mappings.deciding import ready, why
from mappings.fields import Name

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post

NOWHERE: Final = "drop"


class Config(NodeConfig):
    """The outputs, and what leads to each."""

    ports: dict[Name, Condition] = Field(
        min_length=1,
        max_length=50,
        title="Ports",
        description="The outputs by name, each with its condition, written as in `keep`. The first that holds counts.",
    )
    otherwise: Name = Field(
        default=NOWHERE,
        title="Otherwise",
        description="The output of all other posts, or drop: they end here.",
    )

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        if NOWHERE in self.ports:
            raise ValueError("No output can be called drop: in `otherwise: drop` it means that posts end here.")
        bear(self.ports.values())
        return self


class Route(Operator[Config]):
    """Send each post to one of several outputs: the first whose condition holds.

    The conditions are tried from top to bottom, and each post takes one way only. What feeds on an output names it
    behind a dot: `from: router.jobs`. A post for which no condition holds takes the way of `otherwise:`, which may be
    an output of its own or one of the others; without it the post ends here. The trace says what held.
    """

    kind = "route"
    title = "Route"
    icon = "split"
    example: ClassVar = {
        "ports": {
            "jobs": {"any": [{"hashtag": ["hiring", "recrutement"]}, {"text": {"contains": "recrut"}}]},
            "events": {"hashtag": "event"},
        },
        "otherwise": "rest",
    }

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._ways = tuple((port, ready(condition)) for port, condition in config.ports.items())

    @property
    def ports(self) -> tuple[str, ...]:
        """Return the names of the outputs, in their order."""
        own = tuple(self.config.ports)
        return own if self.config.otherwise in (*own, NOWHERE) else (*own, self.config.otherwise)

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Send the post to the first output whose condition holds, and say why."""
        for port, test in self._ways:
            if test.holds(post, ctx.now):
                return Pass(post, port, why(test, post, ctx.now))
        if self.config.otherwise == NOWHERE:
            return operator.Drop(f"No condition of {ctx.node} holds: it fits none of {', '.join(self.config.ports)}.")
        return Pass(post, self.config.otherwise, "No condition holds.")
