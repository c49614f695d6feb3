"""Posts, and what became of them, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.common import Id, Moment
from api.shapes.deliveries import AttemptShown, DeliveryShown, TraceShown
from engine.model.post import Post

if TYPE_CHECKING:
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
    published_at: Moment | None
    seen_at: Moment
    changed_at: Moment


class PostBrief(PostShown):
    """A post, and how far it is."""

    deliveries: dict[str, int] = Field(description="How many, by state.", examples=[{"sent": 3}])
    before: dict[str, int] = Field(description="What waits before there are any.", examples=[{"held": 1}])


class SwitchShown(_Out):
    """Something that is paused."""

    what: str = Field(examples=["the mapping news"])
    since: Moment
    reason: str


class PassageShown(_Out):
    """How a post went through a mapping, in numbers."""

    mapping_id: Id
    mapping: str = Field(examples=["news"])
    state: str = Field(examples=["routed"])
    dropped: int
    held: int
    planned: int


class StayShown(_Out):
    """A post that waits at a node."""

    node: str = Field(examples=["review"])
    reason: str
    since: Moment
    until: Moment | None


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


def post(row: PostRow, source: str) -> PostShown:
    """Return a post as shown."""
    return PostShown(**_said(row, source))


def _said(row: PostRow, source: str) -> dict[str, Any]:
    said = Post.model_validate_json(row.document)
    return {
        "id": row.id, "source_id": row.source_id, "source": source, "title": said.title, "text": said.text,
        "permalink": row.permalink, "state": row.state, "reason": row.reason, "revision": row.revision,
        "published_at": row.published_at, "seen_at": row.seen_at, "changed_at": row.changed_at,
    }  # fmt: skip


def brief(found: Brief) -> PostBrief:
    """Return a post as a list shows it."""
    return PostBrief(**_said(found.post, found.source), deliveries=found.deliveries, before=found.before)


def story(found: Story) -> StoryShown:
    """Return the story of a post."""
    return StoryShown(
        post=post(found.post, found.source),
        traces=[TraceShown.model_validate(line) for line in found.traces],
        ways=[WayShown.model_validate(way) for way in found.ways],
        paused=[SwitchShown.model_validate(switch) for switch in found.paused],
    )
