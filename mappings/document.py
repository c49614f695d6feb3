"""The mapping document as it is saved: what every node has in common; the rest of a node belongs to its kind."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from engine.graph import Feed
from engine.model.duration import Duration
from mappings.cases import CaseEntry
from mappings.fields import Day, Name, OneOrMore, SomeTime, TemplateText, Zone, refusal
from mappings.parameters import ParameterEntry, ParameterName

ROLES: Final = ("sources", "operators", "sinks")
Role: TypeAlias = Literal["sources", "operators", "sinks"]


class Part(BaseModel):
    """A part of the document with the keys that it declares and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Entry(Part):
    """A node: the keys of its role; every other key is a setting of its kind."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
    role: ClassVar[str]

    kind: str = Field(title="Kind", description="What the node does: a kind of the catalogue.")

    @classmethod
    def common_keys(cls) -> tuple[str, ...]:
        """Return the keys that the nodes of this role share."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def _first_run(value: Any) -> Any:
    if value == "nothing":
        return {}
    if isinstance(value, dict) and len(value) == 1:
        return value
    raise refusal("first_run", "Write `nothing`, `{last: 3}` or `{since: 2026-01-31}`.")


class FirstRunEntry(Part):
    """What of a source's older posts is published when the mapping joins it."""

    last: int = Field(default=0, ge=0, le=500, description="The newest so many posts.")
    since: Day | None = Field(default=None, description="The posts from that day on, in the mapping's time zone.")


FirstRunWish: TypeAlias = Annotated[
    FirstRunEntry, BeforeValidator(_first_run, json_schema_input_type=Literal["nothing"] | FirstRunEntry)
]


class SourceEntry(Entry):
    """A source of the mapping."""

    role = "source"

    account: str | None = Field(
        default=None, title="Account", description="The workspace's account that reads it, by its name."
    )
    every: SomeTime | None = Field(
        default=None, title="Every", description="How often it is asked for new posts, such as 15m."
    )
    first_run: FirstRunWish = Field(
        default=FirstRunEntry(),
        title="First run",
        json_schema_extra={"default": "nothing"},
        description="What of its older posts is published at first: `nothing`, `{last: 3}` or `{since: 2026-01-31}`.",
    )
    steady: SomeTime | None = Field(
        default=None, title="Steady", description="A post counts once it has not changed for so long, such as 10m."
    )


def is_feed(value: str) -> bool:
    """Tell whether a text names a node, or one output of a router as `router.port`."""
    parts = value.split(".")
    return len(parts) <= 2 and all(parts)  # noqa: PLR2004  # a node and its output


def _feed(value: str) -> str:
    if not is_feed(value):
        raise refusal("from", "Write the name of a node, or `router.port` for one output of a router.")
    return value


class FedEntry(Entry):
    """A node that others feed."""

    feeds: OneOrMore[Annotated[str, AfterValidator(_feed)]] = Field(
        alias="from", title="From", description="The node that feeds it: a name, a list of names, or `router.port`."
    )

    def from_nodes(self) -> tuple[Feed, ...]:
        """Return what feeds this node."""
        pairs = (feed.partition(".") for feed in self.feeds)
        return tuple(Feed(name, port or None) for name, _, port in pairs)


class OperatorEntry(FedEntry):
    """An operator of the mapping."""

    role = "operator"


class SinkEntry(FedEntry):
    """A sink of the mapping: for whom it publishes, and how."""

    role = "sink"

    audience: str | None = Field(
        default=None, title="Audience", description="A group of people: one delivery for each who agreed."
    )
    account: str | None = Field(default=None, title="Account", description="The account to publish to, by its name.")
    accounts: OneOrMore[str] | None = Field(
        default=None, title="Accounts", description="The accounts to publish to, by their names."
    )
    spread: Duration | None = Field(
        default=None, title="Spread", description="Publish for the audience over so long, not all at once, such as 4h."
    )
    variants: OneOrMore[TemplateText] | None = Field(
        default=None, title="Variants", description="Templates for the text; each account gets one of them."
    )
    approval: Literal["none", "person", "editor", "both"] = Field(
        default="none", title="Approval", description="Who says yes to each delivery before it goes out."
    )


class MovedEntry(Part):
    """A source or operator that has another name now: what it read, and the posts that wait there, go with it."""

    old: Name = Field(alias="from", title="From", description="The name that it had.")
    new: Name = Field(alias="to", title="To", description="The name that it has.")


class Position(Part):
    """Where the canvas draws a node."""

    x: float
    y: float


def _section(value: Any) -> Any:
    """Take a heading with nothing under it for an empty section."""
    return {} if value is None else value


E = TypeVar("E", bound=Entry)
Section: TypeAlias = Annotated[dict[Name, E], BeforeValidator(_section)]


class MappingDocument(Part):
    """A mapping as it is saved."""

    mapping: Name = Field(title="Mapping", description="Its name in the workspace.")
    title: str = Field(default="", max_length=200, title="Title", description="What people call it.")
    timezone: Zone = Field(
        default=ZoneInfo("UTC"), title="Time zone", description="The zone of every time of day in it."
    )
    max_age: SomeTime = Field(
        default=Duration.parse("24h"), title="Max age", description="What is later than that is not published any more."
    )
    parameters: Annotated[dict[ParameterName, ParameterEntry], BeforeValidator(_section)] = Field(
        default={}, title="Parameters", description="What each ${NAME} in it means, and its value where none is given."
    )
    sources: Section[SourceEntry] = Field(min_length=1, title="Sources", description="Where posts come from.")
    operators: Section[OperatorEntry] = Field(
        default={}, title="Operators", description="What becomes of posts on their way."
    )
    sinks: Section[SinkEntry] = Field(min_length=1, title="Sinks", description="Where posts go.")
    moved: OneOrMore[MovedEntry] = Field(
        default=(), title="Moved", description="Sources and operators that had another name before."
    )
    tests: tuple[CaseEntry, ...] = Field(default=(), title="Tests", description="What the mapping must do.")
    canvas: dict[str, Position] = Field(default={}, title="Canvas", description="Where the canvas draws the nodes.")

    @field_validator("moved")
    @classmethod
    def _moved(cls, moved: tuple[MovedEntry, ...], info: ValidationInfo) -> tuple[MovedEntry, ...]:
        there = {**info.data.get("sources", {}), **info.data.get("operators", {})}
        sinks = info.data.get("sinks", {})
        for one in moved:
            if one.old in there or one.old in sinks:
                raise refusal("moved", f"`{one.old}` still stands in this mapping: only what is gone has moved.")
            if there and one.new not in there:
                raise refusal("moved", f"`{one.new}` is no source or operator of this mapping.")
        return moved

    def entries(self) -> dict[str, SourceEntry | OperatorEntry | SinkEntry]:
        """Return every node by its name."""
        return {**self.sources, **self.operators, **self.sinks}


ENTRIES: Final[dict[str, type[Entry]]] = {"sources": SourceEntry, "operators": OperatorEntry, "sinks": SinkEntry}
