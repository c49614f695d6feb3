"""Posts that wait for an editor, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.shapes.common import Id, Moment
from api.shapes.deliveries import Note, Words

if TYPE_CHECKING:
    from api.actions.approving import Outcome, Prospect, Waiting


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhyIn(_In):
    """Why a post is rejected."""

    note: Annotated[Note, StringConstraints(min_length=1)] = Field(description="That is what its author reads.")


class RewordIn(_In):
    """Other words for a post that waits; what is left out stays."""

    text: Words | None = None
    title: Words | None = None


class DecidePostsIn(_In):
    """One decision about several posts that wait."""

    ids: list[Id] = Field(min_length=1, max_length=200, description="Which posts, as `GET /approvals` names them.")
    move: Literal["approve", "reject"] = Field(examples=["approve"])
    note: Note = Field(default="", description="Why, where they are rejected.")

    @model_validator(mode="after")
    def _says_why(self) -> DecidePostsIn:
        if self.move == "reject" and not self.note:
            raise PydanticCustomError("missing", "Say why in `note`: that is what their author reads.")
        return self


class ApprovalShown(BaseModel):
    """A post that waits for an editor at a node."""

    id: Id
    post_id: Id
    mapping: str = Field(examples=["news"])
    node: str = Field(examples=["review"])
    title: str
    text: str
    since: Moment
    until: Moment | None = Field(description="Null where it waits for ever.")
    then: str = Field(description="What happens then: `drop`, `pass` or `wait`.", examples=["drop"])
    note: str = Field(description="What the mapping asks to be looked at.")


class ApprovalFull(ApprovalShown):
    """A post that waits, and what it would become."""

    sinks: dict[str, Any] = Field(description="By sink: `for` whom, and the `variants` as `preview` gives them.")
    waits: list[dict[str, Any]] = Field(description="Where it would wait again.")
    dropped: list[dict[str, Any]] = Field(description="Where it would end.")


class Verdict(BaseModel):
    """What came of a decision."""

    id: Id
    approved: bool
    paused: list[str] = Field(description="What must be resumed first.", examples=[["the mapping news"]])


class SeveralVerdict(BaseModel):
    """What came of a decision about one of several posts."""

    id: Id
    done: bool
    why: str = Field(description="Why not, where it was not done.")
    paused: list[str] = Field(description="What must be resumed first.", examples=[["the mapping news"]])


class Verdicts(BaseModel):
    """What came of a decision about several posts, in the order in which they were named."""

    items: list[SeveralVerdict]


def waiting(row: Waiting) -> ApprovalShown:
    """Return a post that waits, as shown."""
    asking = row.asking
    return ApprovalShown(
        id=asking.id, post_id=asking.post_id, mapping=asking.mapping, node=asking.node, title=row.post.title,
        text=row.post.text, since=asking.since, until=row.until, then=row.then, note=row.note,
    )  # fmt: skip


def prospect(found: Prospect, sinks: dict[str, Any]) -> ApprovalFull:
    """Return a post that waits, with what it would become."""
    return ApprovalFull(
        **waiting(found.waiting).model_dump(),
        sinks=sinks,
        waits=[stay._asdict() for stay in found.preview.waits],
        dropped=[{"node": end.node, "reason": end.reason} for end in found.preview.dropped],
    )


def one_of_several(done: Outcome) -> SeveralVerdict:
    """Return what came of a decision about one of several posts."""
    return SeveralVerdict(id=done.asking.id, done=not done.why, why=done.why, paused=list(done.paused))


def verdict(done: Outcome, *, approved: bool) -> Verdict:
    """Return what came of a decision."""
    return Verdict(id=done.asking.id, approved=approved, paused=list(done.paused))
