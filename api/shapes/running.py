"""Sources, pauses, status, ledger and budget, as they are sent and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.common import Id, Moment, Name, Told
from api.shapes.posts import SwitchShown

Scope = Literal["workspace", "platform", "account", "mapping"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), Field(examples=["on leave"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HubShown(BaseModel):
    """The hub that tells of a source's news at once (WebSub), beside the times at which it is read."""

    model_config = ConfigDict(from_attributes=True)

    url: str = Field(examples=["https://hub.example.org/"])
    state: str = Field(description="`asking`, `live` or `leaving`.", examples=["live"])
    note: str
    lease_until: Told | None


class SourceShown(BaseModel):
    """A source: when it is read, and what is wrong with it."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    name: str = Field(examples=["blog"])
    kind: str = Field(examples=["feed"])
    state: str = Field(description="`live`, `failing` or `held`.", examples=["live"])
    note: str
    failures: int
    every_s: int = Field(description="How often it is read, in seconds.", examples=[900])
    held: int = Field(description="How many posts wait for a person, since too many came at once.")
    mappings: list[str] = Field(description="Who reads it; it is not polled where nobody does.", examples=[["news"]])
    last_poll_at: Told | None
    last_new_at: Told | None
    next_poll_at: Told | None
    hub: HubShown | None = Field(description="Null where the source names none, or nothing was asked of it yet.")


class SourceHook(BaseModel):
    """Where others say that a source has news, and with which secret they sign (Standard Webhooks)."""

    path: str = Field(description="Behind the address at which this server is reached.")
    secret: str = Field(description="Shown this once.")


class ReleaseIn(_In):
    """What becomes of posts that were held because too many came at once."""

    skip: bool = Field(default=False, description="Never publish them, instead of letting them go on.")


class Released(BaseModel):
    """The posts that are held no more."""

    posts: list[Id]
    skipped: bool


class TargetIn(_In):
    """What is meant of a workspace."""

    scope: Scope
    name: Name | None = Field(default=None, description="Of the platform, account or mapping.")


class PauseIn(TargetIn):
    """What is to stop."""

    reason: Reason = Field(default="", description="Why, for those who see it.")


class StopIn(_In):
    """Why the whole instance is to stop."""

    reason: Reason = ""


class ResumeIn(TargetIn):
    """What is to go on."""

    missed: Literal["run-all", "run-last", "skip"] | None = Field(
        default=None, description="What becomes of posts that came in while a mapping was paused; all go on else."
    )


class Switches(BaseModel):
    """What is paused."""

    items: list[SwitchShown]


class MissedShown(BaseModel):
    """What became of posts that came in meanwhile."""

    go_on: int
    skipped: int


class Resumed(BaseModel):
    """What goes on."""

    what: str = Field(examples=["the mapping news"])
    was_paused: bool
    was_held: bool = Field(description="Whether it was a platform that had us wait, which ends.")
    missed: MissedShown | None
    still_paused: list[SwitchShown]


class ItemShown(_Out):
    """Something that waits for a person."""

    what: str = Field(examples=["approval"])
    count: int
    sentence: str
    do: str = Field(description="The command that deals with it.")


class QueueShown(_Out):
    """Posts that wait at a node."""

    mapping: str
    node: str
    posts: int
    until: Moment | None


class LedgerShown(_Out):
    """Whether everything adds up: branches = dropped + held + planned, planned = ended + open."""

    routes: int
    branches: int
    dropped: int
    held: int
    planned: int
    open: int
    ended: int
    deliveries: dict[str, int]
    agrees: bool
    wrong: list[str] = Field(description="Routes that do not add up.")


class StatusShown(BaseModel):
    """How a workspace does."""

    runs: bool | None = Field(description="Whether a process runs it; null where that cannot be seen.")
    sources: dict[str, int] = Field(examples=[{"live": 3, "failing": 0, "held": 0}])
    paused: list[SwitchShown]
    waiting: list[ItemShown]
    holding: list[QueueShown]
    deliveries: dict[str, int]
    ledger: LedgerShown


class WindowShown(_Out):
    """How much of a platform's window is used."""

    scope: str = Field(examples=["account"])
    who: str
    name: str
    used: int
    cap: int | None
    ends_at: Moment


class BudgetShown(BaseModel):
    """What may be spent in a month, and how full the platforms' windows are."""

    spent: float = Field(description="Dollars of this month.", examples=[1.25])
    limit: float | None = Field(description="Dollars a month; null for no limit.", examples=[25])
    until: Moment
    windows: list[WindowShown]


class BudgetIn(_In):
    """What may be spent in a month."""

    limit: Annotated[str, StringConstraints(max_length=20, pattern=r"^[0-9]{1,7}(\.[0-9]{1,6})?$")] | None = Field(
        description="Dollars, as a text; null for no limit.", examples=["25.00"]
    )


class LookShown(_Out):
    """One thing that was looked at."""

    what: str = Field(examples=["database"])
    verdict: Literal["ok", "warn", "fail"]
    sentence: str
    do: str


class Looks(BaseModel):
    """Everything that was looked at."""

    items: list[LookShown]


class KeyUseShown(_Out):
    """A key of the key file, by its id, and the workspaces whose data it seals."""

    id: str
    current: bool
    held: bool = Field(description="Whether the key file has it.")
    workspaces: list[str]


class KeyUses(BaseModel):
    """The keys of the key file."""

    items: list[KeyUseShown]
