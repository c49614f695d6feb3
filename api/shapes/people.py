"""People, groups and consents, as they are sent and shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.common import Id, Moment, Name, Told
from api.shapes.session import Email
from engine.model.consent import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.actions.consenting import Ambassador, Standing
    from api.actions.people_plan import Plan
    from engine.model.consent import Terms
    from engine.store.accounts import AccountRow
    from engine.store.consents import Effect, Record
    from engine.store.people import Person

Span = Annotated[str, StringConstraints(max_length=40)]
Evidence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), Field(examples=["mail of 3 May"])
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PersonIn(_In):
    """Somebody to add."""

    name: Name = Field(examples=["Léa Martin"])
    email: Email | None = None
    groups: list[Name] = Field(default=[], max_length=100, examples=[["ambassadors-fr"]])


class PersonChangeIn(_In):
    """What changes about a person; what is left out stays."""

    email: Email | None = None
    mailed: bool | None = Field(default=None, description="Whether mails of posts are wanted.")


class GroupIn(_In):
    """A group to make, and who is in it."""

    name: Name = Field(examples=["ambassadors-fr"])
    people: list[Id] = Field(default=[], max_length=1_000)


class PeopleIn(_In):
    """Several people."""

    people: list[Id] = Field(min_length=1, max_length=1_000)


class TermsShown(_Out):
    """What a consent allows."""

    mode: Mode = Field(examples=["post_for_me"])
    mappings: list[str] | None = Field(description="Null for all.", examples=[["news"]])
    max_per_hour: int
    max_per_day: int
    hours: list[str] = Field(examples=[["09:00-18:00"]])
    days: list[str] = Field(examples=[["mon-fri"]])
    zone: str | None = Field(examples=["Europe/Paris"])
    until: Moment | None
    how: str = Field(description="`person` or `operator`.", examples=["operator"])
    evidence: str


class StandingShown(BaseModel):
    """What a person allows for an account."""

    account_id: Id
    account: str = Field(examples=["lea-hook"])
    platform: str = Field(examples=["webhook"])
    state: str = Field(examples=["live"])
    given: bool = Field(description="Whether the last word was a yes.")
    terms: TermsShown | None = Field(description="Null where the person never said anything: that is a no.")


class PersonShown(BaseModel):
    """A person."""

    id: Id
    name: str = Field(examples=["Léa Martin"])
    email: str | None
    mailed: bool = Field(description="Whether mails of posts are wanted.")
    created_at: Told


class AmbassadorShown(PersonShown):
    """A person with groups, accounts, and what is allowed for each."""

    groups: list[str]
    accounts: list[StandingShown]


class GroupShown(_Out):
    """A group: the audience of mappings."""

    id: Id
    name: str = Field(examples=["ambassadors-fr"])
    size: int


class ConsentIn(_In):
    """A person's yes, recorded on their word; what is left out stays as the person allows it now."""

    account: Id | None = Field(default=None, description="One account; else all that the person has.")
    mode: Mode | None = None
    mappings: list[Name] | None = Field(default=None, max_length=200, description="An empty list is all mappings.")
    max_per_hour: Annotated[int, Field(ge=0, le=60)] | None = None
    max_per_day: Annotated[int, Field(ge=0, le=200)] | None = None
    hours: list[Span] | None = Field(default=None, max_length=50, examples=[["09:00-18:00"]])
    days: list[Span] | None = Field(default=None, max_length=50, examples=[["mon-fri"]])
    zone: Span | None = Field(default=None, examples=["Europe/Paris"])
    any_time: bool = Field(default=False, description="All hours and days, where it was for some.")
    until: Moment = Field(description="A consent that is typed in ends after 30 days at the latest.")
    evidence: Evidence = Field(description="Where the person's own yes can be read.")


class WithdrawIn(_In):
    """Which consent ends."""

    account: Id | None = Field(default=None, description="One account; else all that the person has.")


class EffectShown(BaseModel):
    """What a change of consent did."""

    account_id: Id
    account: str
    seq: int = Field(description="Its place in the person's chain.")
    cancelled: int = Field(description="How many deliveries it cancelled.")
    sending: Id | None = Field(description="The one that had already begun and may still go out.")


class Effects(BaseModel):
    """What a change of consent did, account by account."""

    items: list[EffectShown]


class RecordShown(BaseModel):
    """One link of a person's chain."""

    seq: int
    account_id: Id
    at: Moment
    given: bool
    terms: TermsShown
    hash: str
    prev_hash: str


class Chain(BaseModel):
    """What a person allows, and every record of it."""

    accounts: list[StandingShown]
    records: list[RecordShown]
    intact: bool = Field(description="Whether every record is as it was written.")


class PeopleFileIn(_In):
    """A file of people."""

    text: Annotated[str, StringConstraints(max_length=1_000_000)] = Field(
        description="What `people.yaml` says.", examples=["people: {Léa Martin: {groups: [ambassadors-fr]}}"]
    )


class PeopleApplyIn(PeopleFileIn):
    """A file of people, and what was shown of it."""

    plan: str | None = Field(
        default=None, max_length=64,
        description="The `plan` that was looked at: nothing is done where it would be something else by now.",
    )  # fmt: skip


class GivenShown(BaseModel):
    """A consent of a file."""

    person: str
    account: str
    differences: list[str] = Field(description="What becomes more or less.")
    terms: TermsShown


class PeoplePlan(BaseModel):
    """What a file of people changes."""

    plan: str = Field(description="A name that stands for all of this: give it to `apply`.")
    applied: bool
    added: list[str]
    emails: list[str] = Field(description="Whose address changes.")
    groups: list[str] = Field(description="Groups that are made.")
    entered: list[tuple[str, str]] = Field(description="Person and group.")
    left: list[tuple[str, str]] = Field(description="Person and group.")
    consents: list[GivenShown]
    notes: list[tuple[str, str]] = Field(description="What is not done, and why.")


class Removed(BaseModel):
    """What may still go out of what was removed."""

    still_sending: list[Id]


def person(row: Person) -> PersonShown:
    """Return a person as shown."""
    return PersonShown(id=row.id, name=row.name, email=row.email, mailed=row.mailed, created_at=row.created_at)


def ambassador(found: Ambassador) -> AmbassadorShown:
    """Return a person with all that belongs to them."""
    row = found.person
    return AmbassadorShown(
        id=row.id, name=row.name, email=row.email, mailed=row.mailed, created_at=row.created_at, groups=found.groups,
        accounts=[standing(each) for each in found.standings],
    )  # fmt: skip


def standing(found: Standing) -> StandingShown:
    """Return what is allowed for an account."""
    account, head = found.account, found.head
    return StandingShown(
        account_id=account.id, account=account.name, platform=account.platform, state=account.state,
        given=head is not None and head.given, terms=None if head is None else terms(head.terms),
    )  # fmt: skip


def terms(said: Terms) -> TermsShown:
    """Return terms as shown."""
    return TermsShown.model_validate(said.model_dump())


def effect(account: AccountRow, done: Effect) -> EffectShown:
    """Return what a change of consent did."""
    return EffectShown(
        account_id=account.id, account=account.name, seq=done.seq, cancelled=done.cancelled, sending=done.sending
    )


def record(row: Record) -> RecordShown:
    """Return one link of a chain."""
    said = json.loads(row.text)
    return RecordShown(
        seq=row.seq, account_id=row.account_id, at=row.at, given=said["given"], hash=row.hash,
        prev_hash=row.prev_hash, terms=TermsShown.model_validate(said["terms"]),
    )  # fmt: skip


def plan(made: Plan, name: str, differences: Mapping[str, list[str]], *, applied: bool) -> PeoplePlan:
    """Return what a file changes; `differences` are by account."""
    return PeoplePlan(
        plan=name,
        applied=applied,
        added=[name for name, _ in made.added],
        emails=[name for name, _, _ in made.emails],
        groups=made.groups,
        entered=made.entered,
        left=made.left,
        consents=[
            GivenShown(
                person=one.person, account=one.account.name, differences=differences[one.account.id],
                terms=terms(one.terms),
            )
            for one in made.given
        ],
        notes=made.notes,
    )  # fmt: skip
