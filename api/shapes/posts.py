"""Posts, and what became of them, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from api.shapes.common import Id, Name, Told
from api.shapes.deliveries import AttemptShown, DeliveryShown, TraceShown

if TYPE_CHECKING:
    from api.actions.calling_off import Ended
    from api.actions.explaining import Brief, Story
    from engine.store.posts import PostRow


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PostShown(BaseModel):
    """A post as its source gave it."""

    id: Id
    source_id: Id
    source: str = Field(examples=["blog"])
    title: str = Field(examples=["We are hiring"])
    text: str
    permalink: str | None = Field(examples=["https://blog.example.org/hiring"])
    state: str = Field(description="`held` waits for a person, `seen` was there before.", examples=["routed"])
    reason: str = Field(description="Why it is so, in a sentence.")
    revision: int
    published_at: Told | None
    seen_at: Told
    changed_at: Told


class PlanningShown(_Out):
    """How far a post is that a mapping plans for many accounts."""

    mapping: str = Field(examples=["news"])
    made: int = Field(description="Deliveries that there are by now.", examples=[7_000])
    of: int = Field(description="How many there will be, as far as is known.", examples=[20_000])


class PostBrief(PostShown):
    """A post, and how far it is."""

    planning: list[PlanningShown] = Field(description="What is being planned at this moment.")

    deliveries: dict[str, int] = Field(description="How many, by state.", examples=[{"sent": 3}])
    before: dict[str, int] = Field(description="What waits before there are any.", examples=[{"held": 1}])


class SwitchShown(_Out):
    """Something that is paused."""

    what: str = Field(examples=["the mapping news"])
    since: Told
    reason: str


class PassageShown(_Out):
    """How a post went through a mapping, in numbers."""

    mapping_id: Id
    mapping: str = Field(examples=["news"])
    state: str = Field(examples=["routed"])
    dropped: int
    held: int
    planned: int = Field(description="How many deliveries there are, or will be.")
    made: int = Field(description="How many there are by now.")


class StayShown(_Out):
    """A post that waits at a node."""

    node: str = Field(examples=["review"])
    reason: str
    since: Told
    until: Told | None = Field(description="When the node looks at it again; not always when it goes on.")


class ToldShown(_Out):
    """One delivery, its tries, and what was decided about it."""

    delivery: DeliveryShown
    attempts: list[AttemptShown]
    decisions: list[TraceShown]


class AbsentShown(_Out):
    """An account of an audience that got nothing."""

    account: str = Field(examples=["lea-hook"])
    person: str = Field(examples=["Léa Martin"])
    sink: str = Field(examples=["friends"])
    why: str = Field(examples=["Never consented: silence is no."])


class WayShown(_Out):
    """A post's way through one mapping, node by node and account by account."""

    passage: PassageShown
    traces: list[TraceShown]
    stays: list[StayShown]
    deliveries: list[ToldShown]
    absent: list[AbsentShown]
    paused: SwitchShown | None = Field(description="What stops it now.")


class StoryShown(BaseModel):
    """All that is known of a post: why it went out, and why not."""

    post: PostShown
    traces: list[TraceShown] = Field(description="What was decided before any mapping.")
    ways: list[WayShown]
    paused: list[SwitchShown] = Field(description="Everything that is paused now.")


class CallOffIn(BaseModel):
    """What is to be called off."""

    model_config = ConfigDict(extra="forbid")

    mapping: Name | None = Field(default=None, description="Only what went into this mapping, by name.")


class CalledOff(BaseModel):
    """What was called off, and what could not be."""

    unplanned: int = Field(description="Accounts for which nothing was planned yet.", examples=[13_000])
    held: int = Field(description="Posts that waited at a node, and are dropped.", examples=[0])
    deliveries: int = Field(description="Deliveries that had not gone out.", examples=[6_988])
    out: int = Field(description="Deliveries that are out, or may be: they stay as they are.", examples=[12])


def post(row: PostRow, source: str) -> PostShown:
    """Return a post as shown."""
    return PostShown(**_said(row, source))


def _said(row: PostRow, source: str) -> dict[str, Any]:
    said = from_json(row.document)  # the model itself would read all that a list does not show
    return {
        "id": row.id, "source_id": row.source_id, "source": source,
        "title": said.get("title", ""), "text": said.get("text", ""),
        "permalink": row.permalink, "state": row.state, "reason": row.reason, "revision": row.revision,
        "published_at": row.published_at, "seen_at": row.seen_at, "changed_at": row.changed_at,
    }  # fmt: skip


def listed(found: Brief) -> dict[str, Any]:
    """Return what a list shows of a post, to be read as `PostBrief` with the others of its page."""
    how_far = {"planning": found.planning, "deliveries": found.deliveries, "before": found.before}
    return _said(found.post, found.source) | how_far


def brief(found: Brief) -> PostBrief:
    """Return a post and how far it is."""
    return PostBrief.model_validate(listed(found))


def called_off(ended: Ended) -> CalledOff:
    """Return what was called off."""
    return CalledOff(**ended.done._asdict(), out=ended.out)


def story(found: Story) -> StoryShown:
    """Return the story of a post."""
    return StoryShown(
        post=post(found.post, found.source),
        traces=[TraceShown.model_validate(line) for line in found.traces],
        ways=[WayShown.model_validate(way) for way in found.ways],
        paused=[SwitchShown.model_validate(switch) for switch in found.paused],
    )
