"""What becomes of posts on their way: pure decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from engine.contract.node import C, Node

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.contract.context import LookContext, WalkContext
    from engine.model.post import Post


class Pass(NamedTuple):
    """The post goes on, changed or not; `port` names the output of a router, and `reason` says in a sentence why.

    A tuple, because one is made at each node that a post comes by.
    """

    post: Post
    port: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """The post ends here; the reason is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The post waits here until `release` lets it go, as `post` where that is given; the reason is a sentence."""

    reason: str
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Several posts go on, each by its port."""

    parts: tuple[Pass, ...]


Decision: TypeAlias = Pass | Drop | Hold | Split


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided about a post that waits: whether it may go on, who said so, and their note."""

    yes: bool
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of it when a node last looked for a post, at an aware time; the reason is a sentence.

    `times` counts how often it looked.
    """

    at: datetime
    good: bool
    reason: str
    times: int = 1


class Found(NamedTuple):
    """What a good look gives: the post as it waits from then on, and what has happened to it, in a sentence."""

    post: Post
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """A post that waits at a node since an aware time; it has gone on so many times, and is still there.

    `verdict` is a person's, where the node asks for one and somebody has decided; `look` is what the node found when
    it last looked, where it is one that does.
    """

    id: str
    post: Post
    since: datetime
    times: int = 0
    last: datetime | None = None
    verdict: Verdict | None = None
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """These go on now, in this order; `drop` end here (an overflow); look again at `until`, if anything still waits.

    Of those that go on `stays` wait here all the same, to go on again as another round. With `into` none of them goes
    on by itself: they have become this one post, whose key the engine makes of the node and of them. `reasons` are the
    sentences of those to which `reason` does not apply.
    """

    ids: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    until: datetime | None = None
    reason: str = ""
    stays: tuple[str, ...] = ()
    into: Post | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def reason_of(self, held_id: str) -> str:
        """Return the sentence that says why this post goes on, or ends."""
        return self.reasons.get(held_id, self.reason)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing goes on before `until`; the held posts show the sentence `reason`, or each its own where it is empty."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseContext:
    """What a release may look at: time, the mapping's zone, when this node released before (newest last), chance.

    `passed` are the posts that it let go within the time that it remembers (newest last). `removed` tells that the
    mapping has no such node any more: what waits there goes on for the last time.
    """

    now: datetime
    zone: ZoneInfo
    history: tuple[datetime, ...]
    random: random.Random
    mapping: str = ""
    passed: tuple[Held, ...] = ()
    removed: bool = False


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

    remembers: timedelta = timedelta(0)
    """How far back `release` wants to see the posts that it let go: at most 90 days."""

    follows_changes: ClassVar[bool] = False
    """Whether a post that its source changes while it waits is taken in its new wording, and waits anew: only where
    the node is fed by sources alone, since no operator has changed the post before."""

    asks_person: bool = False
    """Whether a person decides about each post that waits here: what has its verdict is to leave at once."""

    holds: bool = True
    """Whether it holds any post at all, by its settings."""

    @abstractmethod
    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Say which of the held posts (oldest first, never empty) go on now, and when to ask again."""


class LookingOperator(HoldingOperator[C], ABC):
    """A holding operator that asks the network about the posts that wait, one by one, before `release` is asked.

    Looking is the one thing of an operator that is not pure. It publishes nothing, and may be done again: what comes of
    it is kept with the post, and `release` sees it. A post that a person has changed or decided about is left as it is.
    """

    look_seconds: ClassVar[float] = 20.0
    """How long each request of a look may take."""

    @abstractmethod
    def looks(self, one: Held, now: datetime) -> bool:
        """Tell whether it is time to look for this post. Pure; not so at once after a look."""

    @abstractmethod
    async def look(self, post: Post, ctx: LookContext) -> Found:
        """Look, and return the post as it waits from then on; an error of ours makes it a bad look, and tells why."""
