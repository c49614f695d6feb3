"""Mappings kept in git: what a repository holds now, applied as one change, or not at all.

A commit is one change: every file of it is checked, and applied together. What fails leaves everything as it was, and
says which line. A mapping whose file has gone runs on until somebody prunes it: a file that was moved or a path that
was mistyped must not stop what people rely on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from engine.errors import ChappeError, ConflictError, NotFoundError
from engine.store import repositories
from engine.store.repositories import APPLIED, FAILED, UNCHANGED, Ended, Finish, Run, Synced
from engine.store.unit import StoreError
from mappings.changing import changes
from mappings.changing.changes import Change
from mappings.findings import FindingsError, has_errors
from mappings.git.folder import is_folder, read_folder
from mappings.git.process import GitError
from mappings.git.tree import HTTPS, SHOWN, Clone, Remote
from mappings.values import read_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.repositories import Kept, Repository
    from engine.store.unit import Store
    from mappings.changing.changes import Outcome
    from mappings.findings import Finding
    from mappings.git.tree import Snapshot
    from mappings.linting.lint import Checked


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tools:
    """What a sync needs: `folder` for its clones, `token` to read a private repository, `pins` for its host."""

    store: Store
    registry: Registry
    clock: Clock
    folder: Path
    token: Callable[[Repository], Awaitable[str]]
    pins: Callable[[str], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did. `detail` is for people: the numbers, or why nothing was applied, each finding on its line.

    `findings` are the errors of a commit that failed by them, and the warnings on one that was applied.
    `gone` are mappings that run on without a file, `removed` those that were pruned.
    """

    repository: str
    commit: str
    state: str
    detail: str
    findings: tuple[Finding, ...] = ()
    outcome: Outcome | None = None
    gone: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        applied = self.outcome.mappings if self.outcome else ()
        return {
            "repository": self.repository,
            "commit": self.commit,
            "state": self.state,
            "detail": self.detail,
            "findings": [finding.as_dict() for finding in self.findings],
            "mappings": [
                {"mapping": one.mapping, "file": one.file, "what": one.what, "version": one.version} for one in applied
            ],
            "gone": list(self.gone),
            "removed": list(self.removed),
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a commit asks for, checked without the workspace: nothing of it has errors."""

    commit: str
    change: Change
    checked: list[Checked]
    findings: list[Finding]

    @property
    def names(self) -> dict[str, str]:
        """Return the names of its mappings by their files."""
        return {one.loaded.file: one.document.mapping for one in self.checked if one.document}


def uses_git(row: Repository) -> bool:
    """Tell whether a repository is one of git; otherwise it is a folder whose files are read as they are."""
    return row.url.startswith(HTTPS) or bool(row.branch) or not is_folder(Path(row.url))


async def sync(tools: Tools, repository_id: str, *, again: bool = False, prune: bool = False) -> Report:
    """Apply what a repository holds now; `again` applies a commit that was applied before, too.

    What fails is told by the report and kept. Raises NotFoundError, ConflictError where it is being synced, and
    StoreError.
    """
    now = tools.clock.now()
    row = await tools.store.write(repositories.take, repository_id, now)
    if row is None or row.syncing_until is None:
        raise ConflictError("The repository is being synced just now: look at `chappe sync status` in a moment.")
    try:
        return await _sync(tools, row, row.syncing_until, again=again, prune=prune or row.prune)
    except BaseException:
        await asyncio.shield(tools.store.write(repositories.release, row.id, row.syncing_until))
        raise


async def sync_due(tools: Tools, repository_id: str) -> None:
    """Apply what a repository holds now, in the background: what fails is kept for `chappe sync status`, and logged."""
    try:
        report = await sync(tools, repository_id)
    except (ConflictError, NotFoundError):  # somebody else syncs it, or has removed it meanwhile
        return
    if report.state == FAILED:
        log.warning("A repository was not applied.", repository=report.repository, commit=report.commit[:SHOWN])


async def look(tools: Tools, row: Repository, applied: str = "") -> Snapshot | None:
    """Return what a repository holds now; None where that is the commit named. Raises ChappeError."""
    if not uses_git(row):
        found = await asyncio.to_thread(read_folder, Path(row.url), row.path, row.values_file)
        return None if found.commit == applied else found
    pins = await tools.pins(row.url) if row.url.startswith(HTTPS) else ()
    remote = Remote(row.url, row.branch, await tools.token(row), pins)
    async with Clone(remote, tools.folder / row.id) as clone:
        commit = await clone.head()
        return None if commit == applied else await clone.snapshot(commit, row.path, row.values_file)


def propose(tools: Tools, row: Repository, found: Snapshot) -> Proposal:
    """Return the change that a snapshot asks for; raises FindingsError with everything that is wrong with it."""
    short = found.commit[:SHOWN]
    if row.values_file and found.values is None:
        raise GitError(f"There is no values file {row.values_file} at {short}: nothing was changed.")
    values = read_values(found.values, row.values_file) if found.values is not None else None
    if not found.files and not has_errors(found.findings):
        where = f"under {row.path} " if row.path else ""
        raise GitError(f"There is no mapping {where}at {short}: nothing was changed.")
    parameters = values.parameters if values else {}
    origin = repositories.origin(row.name, found.commit)
    change = Change(row.workspace_id, found.files, parameters, origin, by=found.author)
    checked = changes.check_all(change, tools.registry)
    findings = [*found.findings, *(values.unused(checked) if values else ())]
    findings += [finding for one in checked for finding in one.findings]
    if has_errors(findings):
        raise FindingsError(findings)
    return Proposal(found.commit, change, checked, findings)


async def refuse_foreign(tools: Tools, row: Repository, proposal: Proposal) -> list[Kept]:
    """Raise ConflictError where a mapping is kept in another repository; returns those that are kept in this one."""
    kept = await tools.store.read(repositories.kept, row.workspace_id)
    others = {one.mapping: one for one in kept if one.repository_id != row.id}
    for file, name in proposal.names.items():
        if other := others.get(name):
            raise ConflictError(
                f"{file}: the mapping {name} is kept in the repository {other.repository} already ({other.path}). "
                "Give one of them another name; nothing was changed."
            )
    return [one for one in kept if one.repository_id == row.id]


async def _sync(tools: Tools, row: Repository, lease: datetime, *, again: bool, prune: bool) -> Report:
    commit, outcome, synced = "", None, None
    findings: tuple[Finding, ...] = ()
    try:
        found = await look(tools, row, "" if again else row.commit_id)
        commit = found.commit if found else row.commit_id
        state, detail = UNCHANGED, ""
        if found is not None:
            proposal = await asyncio.to_thread(propose, tools, row, found)
            mine = await refuse_foreign(tools, row, proposal)
            outcome = await changes.apply(tools.store, tools.registry, tools.clock, proposal.change)
            synced = [Synced(one.mapping_id, one.version_id, one.file) for one in outcome.mappings]
            findings = tuple(proposal.findings)
            state, detail = _summary(outcome, mine)
    except StoreError:
        raise
    except ChappeError as error:
        state, detail = FAILED, str(error)
        findings = error.findings if isinstance(error, FindingsError) else ()
    run = Run(commit, state, detail, tools.clock.now())
    ended: Ended = await tools.store.write(repositories.finish, Finish(row.id, lease, run, synced, prune))
    return Report(row.name, commit, state, detail, findings, outcome, ended.gone, ended.removed)


def _summary(outcome: Outcome, mine: list[Kept]) -> tuple[str, str]:
    numbers = Counter(one.what for one in outcome.mappings)
    words = ", ".join(f"{numbers[what]} {what}" for what in ("new", "changed", "unchanged") if numbers[what])
    drifted = {one.mapping for one in mine if one.changed}
    back = [one.mapping for one in outcome.mappings if one.mapping in drifted and one.what != "unchanged"]
    if back:
        words += f". Changed elsewhere meanwhile, and now again as in the repository: {', '.join(back)}"
    return (APPLIED if numbers.keys() - {"unchanged"} else UNCHANGED), f"{words}."
