"""Mappings and their versions. A version never changes; one of them at a time is the mapping's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, exists, func, or_, select, text, update

from engine.errors import NotFoundError
from engine.ids import new_id
from engine.model.delivery import Reason, State
from engine.store import events, joins
from engine.store.among import among, several
from engine.store.bulk import insert
from engine.store.holds import DROPPED, HELD
from engine.store.paged import paged
from engine.store.pauses import Scope
from engine.store.tables import deliveries, holds, mapping_versions, mappings, pauses
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from engine.store.joins import Joined, Reading

DRAFT = "draft"
ACTIVE = "active"
REMOVED = "removed"
GONE = "The mapping was removed."


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A mapping. `state` is draft (never activated) or active; whether it is paused stands among the pauses."""

    id: str
    workspace_id: str
    name: str
    title: str
    state: str
    version_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A mapping in a list; `number` is of the version that runs, None for a draft; `paused` where anything stops it."""

    row: MappingRow
    number: int | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be kept as a version. `hash` names its meaning, `origin` where it came from, `by` who sent it."""

    name: str
    title: str
    document: str
    hash: str
    origin: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """The version that a document has become, or already was."""

    mapping_id: str
    version_id: str
    number: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version without its document."""

    id: str
    mapping_id: str
    number: int
    hash: str
    origin: str
    made_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """How many deliveries the end of a mapping cancelled, and how many held posts it dropped."""

    cancelled: int
    dropped: int


ABOVE_ALL: Final = 2_147_483_647
"""A number that no version has."""

_FIELDS = tuple(MappingRow.__dataclass_fields__)
_ALL = select(*(mappings.c[name] for name in _FIELDS))
_VERSIONS = select(*(mapping_versions.c[name] for name in Version.__dataclass_fields__))
_HERE = and_(mappings.c.workspace_id == bindparam("workspace"), mappings.c.state != REMOVED)
_BY_NAME = _ALL.where(_HERE, mappings.c.name == bindparam("name"))
_STOPPED = exists().where(
    or_(pauses.c.workspace_id == "", pauses.c.workspace_id == mappings.c.workspace_id),
    or_(
        pauses.c.scope == Scope.EVERYTHING, pauses.c.scope == Scope.WORKSPACE,
        and_(pauses.c.scope == Scope.MAPPING, pauses.c.key == mappings.c.id),
    ),
)  # fmt: skip
_PAGE = (
    _ALL.add_columns(mapping_versions.c.number, _STOPPED)
    .outerjoin(mapping_versions, mapping_versions.c.id == mappings.c.version_id)
    .where(_HERE, mappings.c.name > bindparam("after"))
    .order_by(mappings.c.name)
)
_VERSIONS_HERE = _VERSIONS.where(mapping_versions.c.workspace_id == bindparam("workspace"))
_ONE_VERSION = _VERSIONS_HERE.where(mapping_versions.c.id == bindparam("id"))
_NEWEST = _VERSIONS_HERE.where(
    mapping_versions.c.mapping_id == bindparam("mapping"), mapping_versions.c.number < bindparam("before")
).order_by(mapping_versions.c.number.desc())
_ITS_VERSIONS = and_(
    mapping_versions.c.workspace_id == mappings.c.workspace_id, mapping_versions.c.mapping_id == mappings.c.id
)
_HISTORY = (
    _VERSIONS.add_columns(mappings.c.version_id)
    .join(mappings, _ITS_VERSIONS)
    .where(_HERE, mappings.c.name == bindparam("name"), mapping_versions.c.number < bindparam("before"))
    .order_by(mapping_versions.c.number.desc())
)
_NUMBERED = (
    _VERSIONS.add_columns(mapping_versions.c.document)
    .join(mappings, _ITS_VERSIONS)
    .where(_HERE, mappings.c.name == bindparam("name"), mapping_versions.c.number == bindparam("number"))
)
_RUNNING = (
    _BY_NAME.add_columns(*_VERSIONS.selected_columns, mapping_versions.c.document)
    .outerjoin(mapping_versions, mapping_versions.c.id == mappings.c.version_id)
)  # fmt: skip
_DOCUMENT = select(mapping_versions.c.document).where(mapping_versions.c.id == bindparam("id"))
_DOCUMENTS = select(mapping_versions.c.id, mapping_versions.c.document).where(
    among(mapping_versions.c.id, several("versions"))
)


def save_version(connection: Connection, workspace_id: str, draft: Draft, now: datetime) -> Saved:
    """Keep a document as the newest version of its mapping, unless the newest says the same."""
    mapping_id = _mapping(connection, workspace_id, draft, now)
    mine = and_(mapping_versions.c.workspace_id == workspace_id, mapping_versions.c.mapping_id == mapping_id)
    last = connection.execute(_VERSIONS.where(mine).order_by(mapping_versions.c.number.desc()).limit(1)).first()
    if last is not None and last.hash == draft.hash:
        return Saved(mapping_id, last.id, last.number, changed=False)
    number, version_id = (last.number + 1 if last else 1), new_id()
    columns = ("workspace_id", "id", "mapping_id", "number", "document", "hash", "origin", "made_by", "created_at")
    row = (workspace_id, version_id, mapping_id, number, draft.document, draft.hash, draft.origin, draft.by, now)
    insert(connection, mapping_versions, columns, [row])
    return Saved(mapping_id, version_id, number, changed=True)


def activate(
    connection: Connection, workspace_id: str, version_id: str, title: str, readings: Sequence[Reading], now: datetime
) -> Joined:
    """Make a version its mapping's own, and let it read its sources; what is under way keeps its older version.

    Posts that wait at its nodes are asked about anew: their settings may have changed. Raises NotFoundError where there
    is no such version.
    """
    version = _version(connection, workspace_id, version_id)
    mine = and_(mappings.c.workspace_id == workspace_id, mappings.c.id == version.mapping_id)
    values = {"state": ACTIVE, "version_id": version_id, "title": title, "updated_at": now}
    connection.execute(update(mappings).where(mine).values(values))
    connection.execute(update(holds).where(_held(workspace_id, version.mapping_id)).values(until=None))
    said = {"version": version.number, "by": version.made_by}
    told = events.news(workspace_id, "mapping.applied", now, said, mapping_id=version.mapping_id)
    events.write(connection, [told])
    return joins.join(connection, workspace_id, version.mapping_id, readings, now)


@no_snapshot
def document(connection: Connection, version_id: str) -> str:
    """Return the document of a version; raises NotFoundError."""
    found = connection.scalar(_DOCUMENT, {"id": version_id})
    if found is None:
        message = f"There is no version {version_id} of any mapping."
        raise NotFoundError(message)
    return str(found)


@no_snapshot
def listed(connection: Connection, workspace_id: str) -> list[MappingRow]:
    """Return the mappings of a workspace by name."""
    query = _ALL.where(mappings.c.workspace_id == workspace_id, mappings.c.state != REMOVED)
    return sorted((MappingRow(*row) for row in connection.execute(query)), key=lambda row: row.name)


@no_snapshot
def page(connection: Connection, workspace_id: str, *, after: str | None, limit: int) -> list[Shown]:
    """Return mappings by name, those after a name first, each with the number of the version that runs."""
    given = {"workspace": workspace_id, "after": after or ""}  # no name is empty
    found = connection.execute(paged(_PAGE, limit), given).all()
    return [Shown(MappingRow(*row[:-2]), row[-2], bool(row[-1])) for row in found]


@no_snapshot
def by_name(connection: Connection, workspace_id: str, name: str) -> MappingRow:
    """Return a mapping; raises NotFoundError."""
    row = connection.execute(_BY_NAME, {"workspace": workspace_id, "name": name}).first()
    if row is None:
        message = f"There is no mapping {name} in this workspace: `chappe apply FILE` makes one."
        raise NotFoundError(message)
    return MappingRow(*tuple(row))


@no_snapshot
def running(connection: Connection, workspace_id: str, name: str) -> tuple[MappingRow, Version | None, str] | None:
    """Return a mapping, the version that it runs by and its document, or None; a draft has no version."""
    row = connection.execute(_RUNNING, {"workspace": workspace_id, "name": name}).first()
    if row is None:
        return None
    version = row[len(_FIELDS) : -1]
    return MappingRow(*row[: len(_FIELDS)]), Version(*version) if version[0] is not None else None, row[-1] or ""


@no_snapshot
def numbered(connection: Connection, workspace_id: str, name: str, number: int) -> tuple[Version, str] | None:
    """Return a version of a mapping by its number, and its document; None where there is none."""
    row = connection.execute(_NUMBERED, {"workspace": workspace_id, "name": name, "number": number}).first()
    return None if row is None else (Version(*row[:-1]), row[-1])


@no_snapshot
def history(
    connection: Connection, workspace_id: str, name: str, *, before: int | None = None, most: int | None = None
) -> list[tuple[Version, bool]]:
    """Return the versions of a mapping, newest first, each with whether it is the one that runs.

    All, or so many of those that are older than a number; none where there is no such mapping.
    """
    given = {"workspace": workspace_id, "name": name, "before": ABOVE_ALL if before is None else before}
    rows = connection.execute(paged(_HISTORY, ABOVE_ALL if most is None else most), given).all()
    return [(Version(*row[:-1]), row[0] == row[-1]) for row in rows]


@no_snapshot
def held(connection: Connection, workspace_id: str, mapping_id: str) -> dict[str, int]:
    """Return how many posts wait at each node of a mapping, by the nodes' names."""
    count = select(holds.c.node, func.count()).where(_held(workspace_id, mapping_id)).group_by(holds.c.node)
    return dict(sorted((node, number) for node, number in connection.execute(count)))


def _held(workspace_id: str, mapping_id: str) -> ColumnElement[bool]:
    return and_(holds.c.workspace_id == workspace_id, holds.c.mapping_id == mapping_id, holds.c.state == HELD)


@no_snapshot
def versions(
    connection: Connection, workspace_id: str, mapping_id: str, *, before: int | None = None, most: int | None = None
) -> list[Version]:
    """Return the versions of a mapping, newest first: all, or so many of those that are older than a number."""
    given = {"workspace": workspace_id, "mapping": mapping_id, "before": ABOVE_ALL if before is None else before}
    rows = connection.execute(paged(_NEWEST, ABOVE_ALL if most is None else most), given).all()
    return [Version(*row) for row in rows]


@no_snapshot
def version(connection: Connection, workspace_id: str, version_id: str) -> Version | None:
    """Return a version by its id, None where there is none."""
    row = connection.execute(_ONE_VERSION, {"workspace": workspace_id, "id": version_id}).first()
    return Version(*row) if row is not None else None


@no_snapshot
def documents(connection: Connection, version_ids: Sequence[str]) -> dict[str, str]:
    """Return the documents of versions, by version."""
    return {row.id: row.document for row in connection.execute(_DOCUMENTS, {"versions": version_ids})}


def remove(connection: Connection, workspace_id: str, mapping_id: str, now: datetime) -> Removed:
    """End a mapping: it reads nothing more, what it held is dropped and what it had not yet sent is cancelled.

    Its versions and what it has published stay, and a mapping of the same name goes on where it ended.
    """
    mine = and_(mappings.c.workspace_id == workspace_id, mappings.c.id == mapping_id)
    connection.execute(update(mappings).where(mine).values(state=REMOVED, version_id=None, updated_at=now))
    joins.leave(connection, workspace_id, mapping_id, now)
    events.write(connection, [events.news(workspace_id, "mapping.removed", now, {}, mapping_id=mapping_id)])
    parameters = {"workspace": workspace_id, "mapping": mapping_id}
    ended = (
        update(holds)
        .where(_held(workspace_id, mapping_id))
        .values(state=DROPPED, reason=GONE, until=None, ended_at=now)
    )
    dropped = connection.execute(ended).rowcount
    connection.execute(_LOCK_ROUTES[connection.dialect.name], parameters)
    connection.execute(_END_ROUTES, parameters)
    unsent = and_(
        deliveries.c.workspace_id == workspace_id,
        deliveries.c.mapping_id == mapping_id,
        deliveries.c.state.in_([State.WAITING, State.PLANNED, State.BLOCKED]),
    )
    values = {"state": State.CANCELLED, "reason": Reason.PERSON, "detail": GONE, "updated_at": now}
    cancelled = connection.execute(update(deliveries).where(unsent).values(values)).rowcount
    return Removed(cancelled, dropped)


_UNDER_WAY = (
    "FROM routes r WHERE r.workspace_id = :workspace AND r.mapping_id = :mapping"
    " AND (r.state IN ('new', 'routing') OR r.held > 0)"
)
# Held first, so that the next statement counts what another process has just planned.
_LOCK_ROUTES = {
    "sqlite": text(f"SELECT count(*) {_UNDER_WAY}"),
    "postgresql": text(f"SELECT r.id {_UNDER_WAY} ORDER BY r.id FOR UPDATE"),
}


# What a route has not planned yet is planned no more; what it held is dropped.
_END_ROUTES = text(
    "UPDATE routes SET state = 'cancelled', dropped = dropped + held, held = 0, planned = made.n,"
    " branches = dropped + held + made.n FROM (SELECT r.id, (SELECT count(*) FROM deliveries d"
    f" WHERE d.workspace_id = r.workspace_id AND d.route_id = r.id) AS n {_UNDER_WAY}) AS made"
    " WHERE routes.workspace_id = :workspace AND routes.id = made.id"
)


def _mapping(connection: Connection, workspace_id: str, draft: Draft, now: datetime) -> str:
    """Find or make the mapping of a draft, and hold it: two versions saved at once are numbered one after the other."""
    columns = ("workspace_id", "id", "name", "title", "state", "created_at", "updated_at")
    row = (workspace_id, new_id(), draft.name, draft.title, DRAFT, now, now)
    tail = (
        "ON CONFLICT (workspace_id, name) DO UPDATE SET"
        f" state = CASE WHEN mappings.state = '{REMOVED}' THEN excluded.state ELSE mappings.state END RETURNING id"
    )
    return str(insert(connection, mappings, columns, [row], tail=tail).scalar_one())


def _version(connection: Connection, workspace_id: str, version_id: str) -> Version:
    mine = and_(mapping_versions.c.workspace_id == workspace_id, mapping_versions.c.id == version_id)
    row = connection.execute(_VERSIONS.where(mine)).first()
    if row is None:
        message = f"There is no version {version_id} of any mapping in this workspace."
        raise NotFoundError(message)
    return Version(*tuple(row))
