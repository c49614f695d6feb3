"""Deliveries, and decisions about them, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.common import Id, Told
from engine.model.delivery import State
from engine.model.post import Content

if TYPE_CHECKING:
    from api.actions.deciding import Decided, Whole
    from engine.store.deliveries import DeliveryRow

Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1_000), Field(examples=["Not before Monday."])
]
Words = Annotated[str, StringConstraints(max_length=100_000), Field(examples=["We are hiring in Lyon."])]
Move = Literal["approve", "reject", "retry", "cancel", "is_there", "send"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class NoteIn(_In):
    """A word about a decision."""

    note: Note = Field(default="", description="Why, for the trace.")


class WordsIn(_In):
    """Other words for a delivery."""

    text: Words = Field(description="The new words; others of the same post keep theirs.")


class ConfirmIn(_In):
    """What somebody saw who looked at the account."""

    saw: Literal["is_there", "send"] = Field(
        description="`is_there`: it is on the account. `send`: it is not there, and shall be sent."
    )


class DecideIn(_In):
    """One decision about several deliveries."""

    ids: list[Id] = Field(min_length=1, max_length=200, description="Which deliveries.")
    move: Move = Field(description="`is_there` and `send` settle what may have gone out.", examples=["approve"])
    note: Note = Field(default="", description="Why, where they are rejected.")


class DeliveryShown(_Out):
    """A delivery: one post for one account."""

    id: Id
    post_id: Id
    mapping: str = Field(examples=["news"])
    sink: str = Field(examples=["partners"])
    account_id: Id
    account: str = Field(examples=["acme-hook"])
    person_id: Id | None
    state: State = Field(examples=["sent"])
    reason: str = Field(description="Why it is so, in a word; empty where that says nothing.", examples=["approval"])
    detail: str = Field(description="Why it is so, in a sentence.")
    due_at: Told = Field(description="When it may be tried next.")
    tries: int
    url: str | None = Field(description="Where it stands.", examples=["https://social.example/1"])
    remote_id: str | None
    sent_at: Told | None
    comment: str = Field(description="How far its first comment is; empty where it has none.", examples=["done"])
    created_at: Told


class AttemptShown(_Out):
    """One try to send."""

    number: int
    started_at: Told
    ended_at: Told | None
    outcome: str | None = Field(examples=["sent"])
    detail: str | None


class TraceShown(_Out):
    """A sentence about a post or a delivery."""

    what: str = Field(examples=["approved"])
    sentence: str = Field(examples=["Approved by Ada."])
    at: Told
    node: str = Field(examples=["partners"])


class DeliveryFull(DeliveryShown):
    """A delivery with its words, its tries, and what was decided about it."""

    content: dict[str, Any] | None = Field(description="What is sent; null where its text is no longer kept.")
    attempts: list[AttemptShown]
    trace: list[TraceShown]


class Outcome(BaseModel):
    """What became of one of several things that were decided about."""

    id: Id
    done: bool
    state: str | None = Field(examples=["planned"])
    why: str = Field(description="Why it was not done.")
    paused: list[str] = Field(
        description="What must be resumed for it to take effect.", examples=[["the mapping news"]]
    )


class Outcomes(BaseModel):
    """What became of each, in the order of their ids."""

    items: list[Outcome]


def delivery(row: DeliveryRow) -> DeliveryShown:
    """Return a delivery as shown."""
    return DeliveryShown.model_validate(row)


def in_full(whole: Whole) -> DeliveryFull:
    """Return a delivery with all that belongs to it."""
    content = None if whole.document is None else Content.model_validate_json(whole.document).model_dump(mode="json")
    return DeliveryFull(
        **delivery(whole.row).model_dump(),
        content=content,
        attempts=[AttemptShown.model_validate(each) for each in whole.attempts],
        trace=[TraceShown.model_validate(line) for line in whole.trace],
    )


def outcome(done: Decided) -> Outcome:
    """Return what became of a delivery."""
    return Outcome(id=done.row.id, done=not done.why, state=done.state, why=done.why, paused=list(done.paused))
