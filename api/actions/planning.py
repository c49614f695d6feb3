"""Plans of changes: made for files or for an older version, written to a file, and held to when they are applied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from api import moments
from api.actions import reading, versions
from api.errors import UsageError
from engine.errors import ConflictError
from mappings.changing.planning import refuse_stale

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store.mappings import MappingRow
    from engine.store.unit import Store
    from mappings.changing.planning import MappingPlan, Plan

FORMAT: Final = "chappe plan 1"


class PlanFileError(UsageError):
    """A file is no plan."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan as it was written to a file: its name, what it held to be so, and the documents that it applies."""

    id: str
    basis: dict[str, dict[str, Any]]
    documents: dict[str, str]


_KEPT: Final = TypeAdapter(Kept)
_KEYS: Final = {"id": "plan", "basis": "basis", "documents": "documents"}


def as_dict(plan: Plan) -> dict[str, Any]:
    """Return a plan for JSON."""
    return {
        "plan": plan.id,
        "mappings": [_mapping(one) for one in plan.mappings],
        "findings": [finding.as_dict() for finding in plan.findings],
    }


def written(plan: Plan) -> str:
    """Return a plan as a file that `read` understands; it holds the documents, with their parameters put in."""
    kept = {"format": FORMAT, **as_dict(plan), "basis": plan.basis, "documents": plan.documents}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def read(file: Path) -> Kept:
    """Return a plan that was written to a file; raises PlanFileError."""
    try:
        kept = kept_of(json.loads(reading.content(file)))
    except ValueError:
        kept = None
    if kept is not None:
        return kept
    raise PlanFileError(f"{file} is not a plan: `chappe plan FILES --out {file}` writes one.")


def kept_of(data: Any) -> Kept | None:
    """Return a plan that was read as JSON; None where it is none."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    try:
        return _KEPT.validate_python({name: data.get(key) for name, key in _KEYS.items()})
    except ValidationError:
        return None


def hold_to(asked: str | Kept, plan: Plan) -> None:
    """Raise ConflictError where a plan, by its name or whole, is not what applying would do now."""
    if isinstance(asked, Kept):
        refuse_stale(asked.basis, plan)
    elif asked != plan.id:
        raise ConflictError(
            f"The plan {asked} does not hold any more: the files, the versions that run or the accounts that they"
            f" reach have changed since, and the plan is {plan.id} now. Run `chappe plan` again."
        )


async def back(store: Store, row: MappingRow, number: int | None) -> tuple[int, dict[str, str]]:
    """Return the older version to go back to, the one before where none is named, as a file to apply."""
    version = await (versions.before(store, row) if number is None else versions.version_of(store, row, number))
    found = await versions.document(store, row.workspace_id, f"{row.name}@{version.number}")
    return version.number, {found.label: found.text}


def losing(plan: Plan) -> list[str]:
    """Name the posts that wait at a node that goes away."""
    return [
        f"{each.posts} post{'s' * (each.posts != 1)} at {one.mapping}.{each.node}"
        for one in plan.mappings
        for each in one.losing
    ]


def _mapping(one: MappingPlan) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "file": one.file,
        "what": one.what,
        "version": one.version,
        "runs": one.runs,
        "diff": one.diff.as_dict(),
        "audiences": [each._asdict() for each in one.audiences],
        "held": [each._asdict() for each in one.held],
        "first_runs": [
            each._asdict() | {"since": moments.written(each.since) if each.since else None} for each in one.first_runs
        ],
        "replay": one.replay.as_dict() if one.replay is not None else None,
    }
