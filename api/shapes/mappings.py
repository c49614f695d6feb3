"""Mappings and their versions, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import by_route
from api.shapes.common import Id, Moment
from mappings.rules import RULES

if TYPE_CHECKING:
    from api.actions.changing import Done
    from api.actions.mapping_status import MappingStatus
    from api.actions.versions import Told
    from engine.store.mappings import MappingRow, Version
    from mappings.findings import Finding

FileName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Values = dict[Annotated[str, StringConstraints(max_length=200)], Annotated[str, StringConstraints(max_length=20_000)]]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DocumentsIn(_In):
    """Documents of mappings that belong together: each as JSON, or as a text of YAML, under a name for the findings."""

    documents: dict[FileName, dict[str, Any] | str] = Field(
        min_length=1, max_length=500, examples=[{"news.yaml": "mapping: news\n"}]
    )
    parameters: Values = Field(default_factory=dict, max_length=500, description="What `${NAME}` stands for.")


class TestsIn(DocumentsIn):
    """Documents whose tests are to be run."""

    only: str = Field(default="", max_length=200, description="Only tests whose names have these words.")


class PlanIn(DocumentsIn):
    """Documents to plan."""


class ReplayIn(DocumentsIn):
    """Documents to plan, with the posts of some time through the versions that run and through these."""

    since: str = Field(default="7d", max_length=20, description="The posts of so long.", examples=["7d"])


class PreviewIn(_In):
    """A document, and what to show of it."""

    document: dict[str, Any] | str = Field(description="As JSON, or as a text of YAML.")
    parameters: Values = Field(default_factory=dict, max_length=500)
    source: str | None = Field(default=None, max_length=200, description="Where the post goes in; else the first.")
    sink: str | None = Field(default=None, max_length=200, description="Only this sink.")
    text: str | None = Field(default=None, max_length=50_000, description="A text to try.")
    title: str | None = Field(default=None, max_length=5_000)
    link: str | None = Field(default=None, max_length=2_000)
    tests: bool = Field(default=False, description="The posts of the mapping's own tests.")
    limit: int = Field(default=3, ge=1, le=50, description="How many of the newest stored posts.")


class ApplyIn(_In):
    """What is to be applied: a plan as it was given, or documents, and the name of the plan that they must still be."""

    plan: dict[str, Any] | str | None = Field(
        default=None, description="A plan as `plan` gave it, which holds its documents; or its name, with documents."
    )
    documents: dict[FileName, dict[str, Any] | str] = Field(default_factory=dict, max_length=500)
    parameters: Values = Field(default_factory=dict, max_length=500)
    confirm: bool = Field(default=False, description="Go on where posts wait at a node that goes away.")
    force: bool = Field(default=False, description="Go on where a mapping is kept in a repository.")


class RollbackIn(_In):
    """To which version."""

    version: int | None = Field(default=None, ge=1, description="Else the one before the one that runs.")
    confirm: bool = Field(default=False, description="Go on where posts wait at a node that goes away.")
    force: bool = Field(default=False, description="Go on where the mapping is kept in a repository.")


class PauseIn(_In):
    """Why something is paused."""

    reason: str = Field(default="", max_length=500, description="For those who see it.", examples=["on leave"])


class ResumeIn(_In):
    """What becomes of posts that came in meanwhile."""

    missed: Literal["run-all", "run-last", "skip"] | None = Field(
        default=None, description="All go on, so it is where nothing is said; the newest of each source; or none."
    )


class ExampleShown(BaseModel):
    """A post that shows what a finding says, as it was tried."""

    model_config = ConfigDict(from_attributes=True)

    post: str = Field(description="Its text.")
    shown: str = Field(description="What goes out of it, empty for nothing.")
    sentence: str


class FindingShown(BaseModel):
    """One remark on one place of a document."""

    file: str = Field(examples=["news.yaml"])
    line: int | None = Field(description="Of YAML, from 1; null where the document came as JSON.", examples=[7])
    column: int | None = Field(examples=[11])
    pointer: str = Field(description="The place as a JSON pointer.", examples=["/sinks/partners/from"])
    code: str = Field(examples=["CH102"])
    severity: Literal["error", "warning"]
    sentence: str = Field(description="What is wrong.")
    remedy: str = Field(description="What to do about findings of this code.")
    example: ExampleShown | None = Field(default=None, description="A post that shows it, where one was tried.")


class Findings(BaseModel):
    """Everything that was remarked; `usable` tells whether there is no error."""

    usable: bool
    findings: list[FindingShown]


class MappingItem(BaseModel):
    """A mapping in a list."""

    id: Id
    name: str = Field(examples=["news"])
    title: str = Field(examples=["News to partners"])
    state: Literal["draft", "active", "paused"]
    version: int | None = Field(description="The number of the version that runs.", examples=[4])
    updated_at: Moment


class MappingShown(BaseModel):
    """A mapping with the document by which it runs; as YAML it is the document itself, with its comments."""

    id: Id
    name: str = Field(examples=["news"])
    title: str = Field(examples=["News to partners"])
    version: int | None = Field(description="The number of the version that runs.", examples=[4])
    hash: str | None = Field(description="SHA-256 of what that version says, whatever its layout.")
    made_by: str | None = Field(examples=["Léa"])
    origin: str | None = Field(examples=["the API"])
    updated_at: Moment
    document: dict[str, Any] | None


class VersionShown(BaseModel):
    """A version with its document; as YAML it is the document itself, with its comments."""

    id: Id
    number: int = Field(examples=[4])
    hash: str = Field(description="SHA-256 of what it says, whatever its layout.")
    made_at: Moment
    made_by: str = Field(examples=["Léa"])
    origin: str = Field(examples=["the API"])
    document: dict[str, Any] | None


class VersionItem(BaseModel):
    """A version in the history of a mapping."""

    number: int = Field(examples=[4])
    current: bool = Field(description="Whether the mapping runs by it.")
    made_at: Moment
    made_by: str = Field(examples=["Léa"])
    origin: str = Field(examples=["the API"])
    changes: str = Field(description="What it changed of the one before.", examples=["adds sinks.x"])


class DiffShown(BaseModel):
    """What one version says otherwise than another."""

    old: str = Field(examples=["news@3"])
    new: str = Field(examples=["news@4"])
    same: bool
    settings: list[dict[str, Any]] = Field(description="`path`, `before`, `after`.")
    nodes: list[dict[str, Any]] = Field(description="`role`, `name`, `kind`, `what` and `settings`.")
    arrows_added: list[dict[str, Any]] = Field(description="`feed` and `node`.")
    arrows_removed: list[dict[str, Any]] = Field(description="`feed` and `node`.")


class ChangeShown(BaseModel):
    """What became of a mapping that was applied."""

    mapping: str = Field(examples=["news"])
    file: str
    what: Literal["new", "changed", "unchanged"]
    version: int
    added: list[str] = Field(examples=[["sinks.x"]])
    removed: list[str]
    altered: list[str]


class Applied(BaseModel):
    """What applying did."""

    plan: str = Field(description="The name of what was applied.", examples=["0c1d2e3f4a5b"])
    mappings: list[ChangeShown]
    older_posts: int = Field(description="Older posts that go out, as `first_run` asks.")
    findings: list[FindingShown]
    missing_secrets: list[str]
    unfit_secrets: list[dict[str, Any]] = Field(description="`secret`, `node` and `why`.")
    kept: dict[str, str] = Field(description="The repositories in which mappings are kept, which will win again.")


class Removed(BaseModel):
    """What the end of a mapping did."""

    mapping: str = Field(examples=["news"])
    dropped: int = Field(description="Posts that waited in it.")
    cancelled: int = Field(description="Deliveries that were not sent yet.")


class NodeShown(BaseModel):
    """How a node does."""

    node: str = Field(examples=["partners"])
    kind: str = Field(description="Empty where the version that runs has no such node.", examples=["webhook"])
    counts: dict[str, int] = Field(examples=[{"held": 0, "due": 3, "sent": 12, "dropped": 1}])
    last_at: Moment | None


class StatusShown(BaseModel):
    """How a mapping does."""

    name: str = Field(examples=["news"])
    state: Literal["draft", "active", "paused"]
    missed: int = Field(description="Posts that came while it was paused.")
    counts: dict[str, int]
    last_at: Moment | None
    nodes: list[NodeShown]


class Going(BaseModel):
    """Whether it runs, after it was paused or resumed."""

    was_paused: bool
    go_on: int | None = Field(default=None, description="Of the posts that came meanwhile.")
    skipped: int | None = Field(default=None, description="Of the posts that came meanwhile.")
    still_paused: list[str] = Field(description="What else is paused.")


class TestShown(BaseModel):
    """How one test went."""

    file: str
    mapping: str
    name: str
    line: int
    passed: bool
    missed: list[dict[str, Any]] = Field(description="`line`, `column`, `path`, `expected` and `got`.")


class Tests(BaseModel):
    """How all tests went; `findings` are on documents that cannot be tested."""

    passed: bool
    left_out: int
    tests: list[TestShown]
    findings: list[FindingShown]


class Previewed(BaseModel):
    """What would become of posts."""

    posts: list[dict[str, Any]] = Field(
        description="For each `post`: its `source`, `sinks` with each variant's text, length, max and unit, `waits`, "
        "`dropped`."
    )


class Exported(BaseModel):
    """A document by which a mapping runs."""

    mapping: str = Field(examples=["news"])
    version: int
    text: str = Field(description="As YAML, as it was saved.")


class ExportedAll(BaseModel):
    """Documents by which mappings run."""

    items: list[Exported]


def finding(found: Finding) -> FindingShown:
    """Return a finding as shown."""
    from_yaml = found.line > 0
    return FindingShown.model_validate({
        "file": found.file, "line": found.line if from_yaml else None, "column": found.column if from_yaml else None,
        "pointer": found.pointer, "code": found.code, "severity": found.severity,
        "sentence": by_route.told(found.sentence),
        "remedy": by_route.told(RULES[found.code].remedy) if found.code in RULES else "",
        "example": ExampleShown.model_validate(found.example) if found.example else None,
    })  # fmt: skip


def mapping(row: MappingRow, version: Version | None, document: dict[str, Any] | None) -> MappingShown:
    """Return a mapping as shown."""
    return MappingShown(
        id=row.id, name=row.name, title=row.title, version=version.number if version else None,
        hash=version.hash if version else None, made_by=version.made_by if version else None,
        origin=version.origin if version else None, updated_at=row.updated_at, document=document,
    )  # fmt: skip


def version(found: Version, document: dict[str, Any] | None) -> VersionShown:
    """Return a version as shown."""
    return VersionShown(
        id=found.id, number=found.number, hash=found.hash, made_at=found.created_at, made_by=found.made_by,
        origin=found.origin, document=document,
    )  # fmt: skip


def told(found: Told) -> VersionItem:
    """Return a version in a history as shown."""
    return VersionItem(
        number=found.number, current=found.current, made_at=found.made_at, made_by=found.made_by,
        origin=found.origin, changes=found.changes,
    )  # fmt: skip


def applied(done: Done, findings: list[FindingShown]) -> Applied:
    """Return what applying did as shown."""
    return Applied(
        plan=done.plan.id,
        mappings=[
            ChangeShown.model_validate({
                name: getattr(each, name) for name in ChangeShown.model_fields
            }) for each in done.differences
        ],
        older_posts=len(done.outcome.post_ids) if done.outcome else 0,
        findings=findings,
        missing_secrets=done.missing,
        unfit_secrets=[each._asdict() for each in done.unfit],
        kept={each.mapping: each.repository for each in done.kept},
    )  # fmt: skip


def status(found: MappingStatus, whats: tuple[str, ...]) -> StatusShown:
    """Return how a mapping does as shown."""
    total = found.total
    return StatusShown.model_validate({
        "name": found.row.name, "state": found.state, "missed": found.missed, "last_at": found.last_at,
        "counts": {what: total[what] for what in whats},
        "nodes": [
            {"node": one.node, "kind": one.kind, "last_at": one.last_at,
             "counts": {what: one.counts[what] for what in whats}}
            for one in found.nodes
        ],
    })  # fmt: skip
