"""What happens in a dry run, and what is given to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from engine.model.post import Content, Post


class Arrival(NamedTuple):
    """A post that leaves a source, or an operator, at a time; a second one from the same node is a change of the first.

    A post of a `first_run` may be older than the mapping's `max_age`.
    """

    id: str
    node: str
    post: Post
    at: datetime
    first_run: bool = False


class Dropped(NamedTuple):
    """A branch that ended: at which node, and why."""

    at: datetime
    node: str
    post_id: str
    reason: str


class Stopped(NamedTuple):
    """A post came to a node that holds it."""

    at: datetime
    node: str
    post_id: str
    post: Post
    reason: str


class Released(NamedTuple):
    """A node let a post go on that had come there at `since`."""

    at: datetime
    node: str
    post_id: str
    since: datetime
    reason: str


class Send(NamedTuple):
    """What one account would publish: the number of the content, and when it is due."""

    account: str
    content: int
    at: datetime


class Arrived(NamedTuple):
    """A post at a sink, in all the words that it gets there; `sends` is empty where nobody told for whom.

    `round` counts, from 0, how often a node let it go on and kept it.
    """

    at: datetime
    node: str
    post_id: str
    post: Post
    contents: tuple[Content, ...]
    sends: tuple[Send, ...]
    round: int = 0


class Waiting(NamedTuple):
    """A post that still waits when the run ends; `until` is when its node would be asked again."""

    node: str
    post_id: str
    post: Post
    since: datetime
    until: datetime | None
    reason: str


Event: TypeAlias = Dropped | Stopped | Released | Arrived


@dataclass(frozen=True, slots=True)
class Run:
    """All that happened, in the order of time, and what still waits."""

    events: tuple[Event, ...]
    waiting: tuple[Waiting, ...]

    @property
    def arrived(self) -> tuple[Arrived, ...]:
        """Return what came to sinks."""
        return tuple(event for event in self.events if isinstance(event, Arrived))

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """Return what ended before."""
        return tuple(event for event in self.events if isinstance(event, Dropped))
