"""What becomes of posts on their way: pure decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from engine.contract.node import C, Node

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.contract.context import WalkContext
    from engine.model.post import Post


@dataclass(frozen=True, slots=True)
class Pass:
    """The post goes on, changed or not; `port` names the output of a router."""

    post: Post
    port: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The post ends here; the reason is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The post waits here until `release` lets it go; the reason is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Split:
    """Several posts go on, each by its port."""

    parts: tuple[Pass, ...]


Decision: TypeAlias = Pass | Drop | Hold | Split


@dataclass(frozen=True, slots=True)
class Held:
    """A post that waits at a node since an aware time; `seen` is its order of arrival."""

    id: str
    post: Post
    since: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """These go on now, in this order; `drop` end here (an overflow); look again at `until`, if anything still waits."""

    ids: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing goes on before `until`; `reason` is the sentence that the held posts show."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseContext:
    """What a release may look at: time, the mapping's zone, when this node released before (newest last), chance."""

    now: datetime
    zone: ZoneInfo
    history: tuple[datetime, ...]
    random: random.Random


class Operator(Node[C], ABC):
    """A pure step: the same post and context always give the same decision."""

    @property
    def ports(self) -> tuple[str, ...]:
        """Return the names of the outputs, for a router; empty where there is one output."""
        return ()

    @abstractmethod
    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Say what becomes of the post."""


class HoldingOperator(Operator[C], ABC):
    """An operator that keeps posts in rows until its `release` lets them go. Both are pure."""

    history_needed: int = 0
    """How many of its newest releases `release` wants to see."""

    follows_changes: ClassVar[bool] = False
    """Whether a post that its source changes while it waits is taken in its new wording, and waits anew: only where
    the node is fed by sources alone, since no operator has changed the post before."""

    @abstractmethod
    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Say which of the held posts (oldest first, never empty) go on now, and when to ask again."""
