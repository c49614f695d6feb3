"""Repositories of mappings: when each is read next, what became of its commits, and which mapping is from which file.

A sync takes the repository's lease and gives it back with what it found; whoever comes meanwhile gets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, select, update

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.store import mappings as mapping_rows
from engine.store.bulk import insert
from engine.store.tables import mapping_versions, mappings, repositories, sync_runs, synced_mappings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

APPLIED = "applied"
UNCHANGED = "unchanged"
FAILED = "failed"
RUNS_KEPT: Final = 100
LEASE: Final = timedelta(minutes=5)
"""How long a sync may take; who died with the lease is followed by another then."""
HINT_GAP: Final = timedelta(seconds=10)
"""How soon after a sync a webhook may ask for the next."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where mappings are kept: `url` is an https address or a path of this machine.

    `branch` is empty for the one that the repository names itself, and for a folder; `path` is what is read within it,
    `values_file` the parameters, `secret` the name of the secret that lets us read it, `hook` the sealed secret of its
    webhook. `commit_id` is the last that was applied, empty where none was.
    """

    id: str
    workspace_id: str
    name: str
    url: str
    branch: str
    path: str
    values_file: str
    secret: str
    prune: bool
    every_s: int
    hook: str | None
    commit_id: str
    next_sync_at: datetime
    syncing_until: datetime | None
    last_sync_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a commit: applied, unchanged or failed, and in which words."""

    commit_id: str
    state: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Synced:
    """A mapping that a sync applied: the file it stands in, and the version that it became."""

    mapping_id: str
    version_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A mapping that is kept in a repository. `gone` tells that its file is there no more.

    `changed` tells that another version runs than the one that was applied from there.
    """

    mapping_id: str
    mapping: str
    repository_id: str
    repository: str
    commit_id: str
    path: str
    gone: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """How a sync ended. `lease` is the `syncing_until` that was taken; `synced` is None where nothing was applied.

    `prune` removes the mappings whose files are there no more.
    """

    repository_id: str
    lease: datetime
    run: Run
    synced: Sequence[Synced] | None = None
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """Names of the mappings whose files have gone: those that still run, and those that were removed."""

    gone: tuple[str, ...] = field(default=())
    removed: tuple[str, ...] = field(default=())


_FIELDS = tuple(Repository.__dataclass_fields__)
_ALL = select(*(repositories.c[name] for name in _FIELDS))
_RUN = tuple(Run.__dataclass_fields__)


def add(connection: Connection, row: Repository) -> None:
    """Add a repository; raises ConflictError where the workspace has one of that name."""
    if any(row.name == other.name for other in listed(connection, row.workspace_id)):
        raise ConflictError(f"There is a repository {row.name} already: choose another with --name.")
    insert(connection, repositories, _FIELDS, [tuple(getattr(row, name) for name in _FIELDS)])


def listed(connection: Connection, workspace_id: str) -> list[Repository]:
    """Return the repositories of a workspace by name."""
    query = _ALL.where(repositories.c.workspace_id == workspace_id).order_by(repositories.c.name)
    return [Repository(*row) for row in connection.execute(query)]


def get(connection: Connection, repository_id: str) -> Repository:
    """Return a repository; raises NotFoundError."""
    row = connection.execute(_ALL.where(repositories.c.id == repository_id)).first()
    if row is None:
        raise NotFoundError("There is no such repository any more.")
    return Repository(*row)


def remove(connection: Connection, repository_id: str) -> None:
    """Forget a repository; the mappings that it gave run on, and are changed by hand from now on."""
    connection.execute(delete(repositories).where(repositories.c.id == repository_id))


def set_hook(connection: Connection, repository_id: str, sealed: str) -> None:
    """Keep the sealed secret of its webhook, in place of an earlier one."""
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(hook=sealed))


def due(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return repositories to sync. One that a clock which was ahead put further off than it ever is, is due too."""
    query = select(repositories.c.id, repositories.c.every_s, repositories.c.next_sync_at, repositories.c.syncing_until)
    found = [
        row.id
        for row in connection.execute(query.order_by(repositories.c.next_sync_at))
        if not now < row.next_sync_at <= now + timedelta(seconds=row.every_s)
        and (row.syncing_until is None or not now < row.syncing_until <= now + LEASE)
    ]
    return found[:most]


def take(connection: Connection, repository_id: str, now: datetime) -> Repository | None:
    """Take a repository's lease; None where somebody has it."""
    row = get(connection, repository_id)
    if row.syncing_until is not None and now < row.syncing_until <= now + LEASE:
        return None
    mine = update(repositories).where(repositories.c.id == repository_id, _leased(row.syncing_until))
    if connection.execute(mine.values(syncing_until=now + LEASE)).rowcount == 0:
        return None
    return get(connection, repository_id)


def hint(connection: Connection, repository_id: str, now: datetime) -> None:
    """Let a repository be synced now, or a while after its last sync: whoever calls often makes no more of them."""
    row = get(connection, repository_id)
    soonest = max(now, row.last_sync_at + HINT_GAP) if row.last_sync_at else now
    if soonest < row.next_sync_at:
        mine = update(repositories).where(repositories.c.id == repository_id)
        connection.execute(mine.values(next_sync_at=soonest))


def finish(connection: Connection, end: Finish) -> Ended:
    """Write down how a sync ended, and give the lease back; with another lease there, nothing is written."""
    row = get(connection, end.repository_id)
    if row.syncing_until != end.lease:
        return Ended()
    ended = Ended()
    commit_id = row.commit_id
    if end.synced is not None:
        commit_id = end.run.commit_id
        ended = _keep(connection, row, end)
    _record(connection, row, _with_removed(end.run, ended.removed))
    connection.execute(
        update(repositories)
        .where(repositories.c.id == row.id)
        .values(
            commit_id=commit_id,
            syncing_until=None,
            last_sync_at=end.run.at,
            next_sync_at=end.run.at + timedelta(seconds=row.every_s),
        )
    )
    return ended


def release(connection: Connection, repository_id: str, lease: datetime) -> None:
    """Give a lease back without a word: the sync was broken off."""
    mine = update(repositories).where(repositories.c.id == repository_id, repositories.c.syncing_until == lease)
    connection.execute(mine.values(syncing_until=None))


def kept(connection: Connection, workspace_id: str) -> list[Kept]:
    """Return the mappings of a workspace that are kept in repositories, by their paths."""
    query = (
        select(synced_mappings, mappings.c.name, mappings.c.version_id.label("runs"), repositories.c.name.label("of"))
        .join(mappings, _same(mappings.c.workspace_id, mappings.c.id, synced_mappings.c.mapping_id))
        .join(repositories, _same(repositories.c.workspace_id, repositories.c.id, synced_mappings.c.repository_id))
        .where(synced_mappings.c.workspace_id == workspace_id)
    )
    found = [
        Kept(
            mapping_id=row.mapping_id,
            mapping=row.name,
            repository_id=row.repository_id,
            repository=row.of,
            commit_id=row.commit_id,
            path=row.path,
            gone=row.gone,
            changed=row.runs != row.version_id,
        )
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda one: (one.repository, one.path))


def runs(connection: Connection, repository_id: str, most: int) -> list[Run]:
    """Return what became of the last commits, newest first."""
    query = select(*(sync_runs.c[name] for name in _RUN)).where(sync_runs.c.repository_id == repository_id)
    return [Run(*row) for row in connection.execute(query.order_by(sync_runs.c.id.desc()).limit(most))]


def _leased(until: datetime | None) -> ColumnElement[bool]:
    column = repositories.c.syncing_until
    return column.is_(None) if until is None else column == until


def _same(workspace: ColumnElement[str], mine: ColumnElement[str], other: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(workspace == synced_mappings.c.workspace_id, mine == other)


def _record(connection: Connection, row: Repository, run: Run) -> None:
    """Add a run; a commit that fails as it did before is one run, and one that is still applied is none."""
    last = next(iter(runs(connection, row.id, 1)), None)
    if last is not None and last.commit_id == run.commit_id:
        if run.state == UNCHANGED and last.state != FAILED:
            return
        if (last.state, last.detail) == (run.state, run.detail):
            newest = select(sync_runs.c.id).where(sync_runs.c.repository_id == row.id).order_by(sync_runs.c.id.desc())
            same = sync_runs.c.id == newest.limit(1).scalar_subquery()
            connection.execute(update(sync_runs).where(same).values(at=run.at))
            return
    columns = ("workspace_id", "id", "repository_id", *_RUN)
    values = (row.workspace_id, new_id(), row.id, run.commit_id, run.state, run.detail, run.at)
    insert(connection, sync_runs, columns, [values])
    old = select(sync_runs.c.id).where(sync_runs.c.repository_id == row.id).order_by(sync_runs.c.id.desc())
    ids = [one for (one,) in connection.execute(old.offset(RUNS_KEPT))]
    connection.execute(delete(sync_runs).where(sync_runs.c.id.in_(ids)))


def _with_removed(run: Run, removed: tuple[str, ...]) -> Run:
    if not removed:
        return run
    return replace(run, state=APPLIED, detail=f"{run.detail} Removed: {', '.join(removed)}.".strip())


def origin(name: str, commit_id: str) -> str:
    """Return where a version came from, for people: the repository and the beginning of the commit."""
    return f"{name}@{commit_id[:12]}"


def _name_origins(connection: Connection, row: Repository, end: Finish) -> None:
    """Let the versions that this commit made name their files."""
    made = origin(row.name, end.run.commit_id)
    for one in end.synced or ():
        mine = and_(mapping_versions.c.id == one.version_id, mapping_versions.c.workspace_id == row.workspace_id)
        statement = update(mapping_versions).where(mine, mapping_versions.c.origin == made)
        connection.execute(statement.values(origin=f"{made}:{one.path}"))


def _keep(connection: Connection, row: Repository, end: Finish) -> Ended:
    """Note which mappings are from where now; those whose files have gone are marked, or removed."""
    columns = ("workspace_id", "mapping_id", "repository_id", "version_id", "commit_id", "path", "gone", "at")
    values = [
        (row.workspace_id, one.mapping_id, row.id, one.version_id, end.run.commit_id, one.path, False, end.run.at)
        for one in end.synced or ()
    ]
    new = ", ".join(f"{name} = excluded.{name}" for name in columns[2:])
    tail = f"ON CONFLICT (mapping_id, workspace_id) DO UPDATE SET {new}"
    insert(connection, synced_mappings, columns, values, tail=tail)
    _name_origins(connection, row, end)
    there = {one.mapping_id for one in end.synced or ()}
    gone = [
        one for one in kept(connection, row.workspace_id) if one.repository_id == row.id and one.mapping_id not in there
    ]
    ids = [one.mapping_id for one in gone]
    names = tuple(one.mapping for one in gone)
    mine = and_(synced_mappings.c.workspace_id == row.workspace_id, synced_mappings.c.mapping_id.in_(ids))
    if not end.prune:
        connection.execute(update(synced_mappings).where(mine).values(gone=True))
        return Ended(gone=names)
    for one in ids:
        mapping_rows.remove(connection, row.workspace_id, one, end.run.at)
    connection.execute(delete(synced_mappings).where(mine))
    return Ended(removed=names)
