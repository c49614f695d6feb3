"""`people.yaml`: people, the groups they are in, and what they allow, as a file that can be kept in git.

Read like a mapping, so that every remark has its line and column. Nothing of the workspace is looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from api.actions.hours import DaySpan, TimeSpan
from engine.model.address import read_address
from engine.model.consent import Mode
from mappings.fields import OrOne, Zone
from mappings.findings import FindingsError, has_errors
from mappings.reading.loading import load
from mappings.refusals import remark_refused
from mappings.rules import reading, shape

if TYPE_CHECKING:
    from mappings.reading.loaded import Loaded

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Agreed(_Part):
    """What a person agreed to, for some of their accounts or for all that they have."""

    mode: Literal["ask-me", "tell-first", "post-for-me"] = Field(default="ask-me", description="How far Chappe may go.")
    evidence: Name = Field(description="Where the person's own yes can be read: a mail, a form.")
    accounts: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = None
    mappings: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = None
    notice_hours: int = Field(default=24, ge=1, le=168)
    max_per_hour: int = Field(default=2, ge=0, le=60)
    max_per_day: int = Field(default=8, ge=0, le=200)
    hours: Annotated[tuple[TimeSpan, ...], Field(strict=False, min_length=1), OrOne()] | None = None
    days: Annotated[tuple[DaySpan, ...], Field(strict=False, min_length=1), OrOne()] | None = None
    zone: Zone | None = None
    until: date | None = Field(default=None, strict=False)

    @field_validator("until", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if value is None or (isinstance(value, str) and _is_day(value)):
            return value
        raise ValueError("This should be a day such as 2027-01-31.")

    @model_validator(mode="after")
    def _zoned(self) -> Self:
        if (self.hours or self.days) and self.zone is None:
            raise ValueError("Hours and days are of a time zone: add `zone:`, such as Europe/Paris.")
        if self.zone and not (self.hours or self.days):
            raise ValueError("`zone:` goes with `hours:` or `days:`: without them every time is allowed.")
        return self

    @property
    def how_far(self) -> Mode:
        """The mode, as it is kept."""
        return Mode(self.mode.replace("-", "_"))

    def end(self) -> datetime | None:
        """Return when the last day is over, by this machine's clock."""
        if self.until is None:
            return None
        return datetime.combine(self.until + timedelta(days=1), time(0)).astimezone(UTC)


class Somebody(_Part):
    """A person. Without `groups` the person stays in those of now, with it the person is in these and no others."""

    email: Annotated[Name, AfterValidator(read_address)] | None = None
    groups: Annotated[tuple[Name, ...], Field(strict=False)] | None = None
    consents: Annotated[tuple[Agreed, ...], Field(strict=False)] = ()


class PeopleDocument(_Part):
    """All that the file says."""

    people: dict[Name, Somebody] = Field(min_length=1, description="who volunteers, by name.")


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file without an error, and where everything in it stands."""

    document: PeopleDocument
    loaded: Loaded


def read(source: str | bytes, file: str) -> PeopleFile:
    """Read a file; raises FindingsError with everything that is wrong in it."""
    loaded = load(source, file)
    document = None
    if loaded.data is not None:
        try:
            document = PeopleDocument.model_validate(loaded.data)
        except ValidationError as error:
            remark_refused(loaded, error, PeopleDocument, owner="a file of people")
    elif not loaded.findings or loaded.findings[-1].code == reading.NO_MAPPING.code:
        loaded.findings.clear()
        loaded.add(reading.NO_MAPPING, (), "A file of people is a document of keys and values: `people:` and names.")
    if document is not None:
        for name, somebody in document.people.items():
            _remark_twice(loaded, name, somebody)
    if document is None or has_errors(loaded.findings):
        raise FindingsError(sorted(loaded.findings, key=lambda one: (one.line, one.column)))
    return PeopleFile(document, loaded)


def _remark_twice(loaded: Loaded, name: str, somebody: Somebody) -> None:
    """Refuse two consents for one account: nobody could tell which is meant."""
    seen: set[str | None] = set()
    for nth, agreed in enumerate(somebody.consents):
        for account in agreed.accounts or (None,):
            if seen and (account in seen or account is None or None in seen):
                what = f"the account “{account}”" if account else "all accounts"
                sentence = f"{name} has agreed to something for {what} already, above: put the two into one."
                loaded.add(shape.SAME_NAME, ("people", name, "consents", nth), sentence)
            seen.add(account)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
