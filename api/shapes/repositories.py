"""Repositories of mappings, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.shapes.common import Id, Moment
from api.shapes.mappings import FindingShown

if TYPE_CHECKING:
    from api.actions.syncing import Standing
    from engine.store.repositories import Repository

Short = Annotated[str, StringConstraints(max_length=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RepositoryIn(_In):
    """A repository to add."""

    url: Annotated[str, StringConstraints(max_length=2_000, pattern="^https://")] = Field(
        description="An https address.", examples=["https://git.example.org/acme/mappings.git"]
    )
    name: Short = Field(default="", description="Its name here; else the last part of its address.")
    branch: Short = Field(default="", description="Else the one that it names itself.")
    path: Annotated[str, StringConstraints(max_length=1_000)] = Field(default="", description="The folder within it.")
    values_file: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        default="", description="The values file within it."
    )
    secret: Short = Field(default="", description="The secret that holds a token to read it.")
    every: Annotated[str, StringConstraints(max_length=20)] = Field(
        default="5m", description="How often it is looked at."
    )
    prune: bool = Field(default=False, description="Remove mappings whose files go.")


class SyncIn(_In):
    """How to sync."""

    prune: bool = Field(default=False, description="Remove mappings whose files are there no more.")


class RepositoryShown(BaseModel):
    """A repository of mappings."""

    id: Id
    name: str = Field(examples=["acme-mappings"])
    url: str
    branch: str
    path: str
    values_file: str
    secret: str = Field(description="The name of the secret that holds its token.")
    prune: bool
    every_s: int
    hook: bool = Field(description="Whether its webhook has a secret.")
    commit_id: str = Field(description="The commit that was applied last; empty before the first.")
    last_sync_at: Moment | None
    next_sync_at: Moment


class Repositories(BaseModel):
    """The repositories of a workspace."""

    items: list[RepositoryShown]


class RunShown(BaseModel):
    """What became of a commit."""

    commit_id: str
    state: str = Field(description="applied, unchanged or failed.", examples=["applied"])
    detail: str
    at: Moment


class KeptShown(BaseModel):
    """A mapping that is kept in a repository."""

    mapping: str = Field(examples=["news"])
    path: str
    commit_id: str
    changed: bool = Field(description="By hand, since the last commit.")
    gone: bool = Field(description="Its file is there no more.")


class StandingShown(BaseModel):
    """How a repository stands."""

    repository: RepositoryShown
    runs: list[RunShown]
    mappings: list[KeptShown]


class SyncPreview(BaseModel):
    """What a sync would do."""

    repository: str
    commit: str
    differences: list[dict[str, Any]] = Field(description="`mapping`, `file`, `what`, `version` and nodes by name.")
    findings: list[FindingShown]
    gone: list[str]


class Hook(BaseModel):
    """Where the repository's server calls, and with which secret."""

    path: str = Field(description="Behind the address at which this server is reached.")
    secret: str = Field(description="Shown this once.")


class Forgotten(BaseModel):
    """A repository that is there no more."""

    removed: str


def repository(row: Repository) -> RepositoryShown:
    """Return a repository as shown."""
    given = {name: getattr(row, name) for name in RepositoryShown.model_fields if name != "hook"}
    return RepositoryShown.model_validate(given | {"hook": row.hook is not None})


def standing(found: Standing) -> StandingShown:
    """Return how a repository stands as shown."""
    runs = [{name: getattr(one, name) for name in RunShown.model_fields} for one in found.runs]
    kept = [{name: getattr(one, name) for name in KeptShown.model_fields} for one in found.mappings]
    return StandingShown.model_validate({"repository": repository(found.repository), "runs": runs, "mappings": kept})
