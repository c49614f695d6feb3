"""Which mapping reads which source. Sources are shared: the smallest `every` of those that read one wins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, select, update

from engine.graph import FirstRun
from engine.ids import new_id
from engine.store import posts, sources
from engine.store.bulk import insert
from engine.store.tables import mappings, source_joins
from engine.store.tables import sources as source_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.sources import Join


@dataclass(frozen=True, slots=True)
class Reading:
    """A source node of a mapping: what it reads, with which account, how often, and what it takes at first.

    `identity` is the source's own; two readings of one identity with one account share a source. `settings` is JSON.
    """

    node: str
    kind: str
    identity: str
    settings: str
    every: timedelta
    account_id: str | None = None
    first_run: FirstRun = field(default_factory=FirstRun)


@dataclass(frozen=True, slots=True)
class Joined:
    """The source of each node, and posts that are there already and shall be routed now."""

    sources: dict[str, str]
    posts: tuple[str, ...]


def join(
    connection: Connection, workspace_id: str, mapping_id: str, readings: Sequence[Reading], now: datetime
) -> Joined:
    """Let an active mapping read these sources and no others.

    A source that was there keeps its cursor, and a mapping that read it, by whichever node, the time since when it
    does; a mapping that joins a source which has been read before gets of its posts what `first_run` asks for. A source
    that nobody reads any more is kept but not polled.
    """
    before = of_mapping(connection, workspace_id, mapping_id)
    since = _since(connection, workspace_id, mapping_id)
    after = {reading.node: _source(connection, workspace_id, reading, now) for reading in readings}
    gone = [node for node in before if node not in after]
    mine = and_(source_joins.c.workspace_id == workspace_id, source_joins.c.mapping_id == mapping_id)
    connection.execute(delete(source_joins).where(mine, source_joins.c.node.in_(gone)))
    joined = [(reading, after[reading.node], since.get(after[reading.node], now)) for reading in readings]
    _write(connection, (workspace_id, mapping_id), joined)
    for source_id in sorted({*before.values(), *after.values()}):
        _schedule(connection, workspace_id, source_id, now)
    new = {node for node, source_id in after.items() if before.get(node) != source_id}
    return Joined(after, _first_posts(connection, mapping_id, after, new, now))


def leave(connection: Connection, workspace_id: str, mapping_id: str, now: datetime) -> None:
    """Let a mapping read nothing any more."""
    join(connection, workspace_id, mapping_id, [], now)


def of_mapping(connection: Connection, workspace_id: str, mapping_id: str) -> dict[str, str]:
    """Return what a mapping reads: the source of each node."""
    query = select(source_joins.c.node, source_joins.c.source_id).where(
        source_joins.c.workspace_id == workspace_id, source_joins.c.mapping_id == mapping_id
    )
    return {row.node: row.source_id for row in connection.execute(query)}


def found(connection: Connection, workspace_id: str, readings: Sequence[Reading]) -> dict[str, str]:
    """Return the source of each node whose source is there already."""
    sought = {reading.node: _identity(reading) for reading in readings}
    query = select(source_rows.c.identity, source_rows.c.id).where(
        source_rows.c.workspace_id == workspace_id, source_rows.c.identity.in_(sought.values())
    )
    there = {row.identity: row.id for row in connection.execute(query)}
    return {node: there[identity] for node, identity in sought.items() if identity in there}


_READERS = (
    select(source_joins.c.source_id, mappings.c.name)
    .join(
        mappings,
        and_(mappings.c.workspace_id == source_joins.c.workspace_id, mappings.c.id == source_joins.c.mapping_id),
    )
    .where(source_joins.c.workspace_id == bindparam("workspace"), source_joins.c.active)
    .distinct()
    .order_by(mappings.c.name)
)


def readers(connection: Connection, workspace_id: str) -> dict[str, list[str]]:
    """Return the names of the mappings that read each source; one that nobody reads is absent."""
    found: dict[str, list[str]] = {}
    for source_id, name in connection.execute(_READERS, {"workspace": workspace_id}).all():
        found.setdefault(source_id, []).append(name)
    return found


def there_at(connection: Connection, source_id: str, moment: datetime) -> list[Join]:
    """Return the active mappings that read a source at that time already: what was seen then is theirs to route."""
    query = select(source_joins.c.mapping_id, source_joins.c.node).where(
        source_joins.c.source_id == source_id, source_joins.c.joined_at <= moment
    )
    early = {tuple(row) for row in connection.execute(query)}
    return [join for join in sources.joins(connection, source_id) if (join.mapping_id, join.node) in early]


def _since(connection: Connection, workspace_id: str, mapping_id: str) -> dict[str, datetime]:
    """Return since when a mapping has read each of its sources."""
    query = (
        select(source_joins.c.source_id, func.min(source_joins.c.joined_at))
        .where(source_joins.c.workspace_id == workspace_id, source_joins.c.mapping_id == mapping_id)
        .group_by(source_joins.c.source_id)
    )
    return {source_id: at for source_id, at in connection.execute(query)}  # noqa: C416  # a Row is not a pair


def _source(connection: Connection, workspace_id: str, reading: Reading, now: datetime) -> str:
    """Return the source of a reading, made where nobody reads it yet; locked, so that two joins take turns."""
    identity = _identity(reading)
    columns = (
        "workspace_id", "id", "name", "kind", "identity", "settings", "account_id", "every_s", "created_at",
    )  # fmt: skip
    row = (
        workspace_id, new_id(), reading.node, reading.kind, identity, reading.settings, reading.account_id,
        _seconds(reading), now,
    )  # fmt: skip
    tail = "ON CONFLICT (workspace_id, identity) DO UPDATE SET kind = excluded.kind RETURNING id"
    return str(insert(connection, source_rows, columns, [row], tail=tail).scalar_one())


def _identity(reading: Reading) -> str:
    return hashlib.sha256(f"{reading.identity}\n{reading.account_id or ''}".encode()).hexdigest()


def _write(connection: Connection, owner: tuple[str, str], readings: Sequence[tuple[Reading, str, datetime]]) -> None:
    columns = ("workspace_id", "mapping_id", "node", "source_id", "every_s", "first_run", "joined_at", "active")
    rows = (
        (*owner, reading.node, source_id, _seconds(reading), sources.write_first_run(reading.first_run), since, True)
        for reading, source_id, since in readings
    )
    tail = (
        "ON CONFLICT (workspace_id, mapping_id, node) DO UPDATE SET source_id = excluded.source_id,"
        " every_s = excluded.every_s, first_run = excluded.first_run, active = excluded.active,"
        " joined_at = excluded.joined_at"
    )
    insert(connection, source_joins, columns, rows, tail=tail)


def _schedule(connection: Connection, workspace_id: str, source_id: str, now: datetime) -> None:
    """Poll a source as often as the most eager of its mappings asks, and not at all where there is none."""
    reads = and_(source_joins.c.workspace_id == workspace_id, source_joins.c.source_id == source_id)
    every = connection.scalar(select(func.min(source_joins.c.every_s)).where(reads, source_joins.c.active))
    mine = and_(source_rows.c.workspace_id == workspace_id, source_rows.c.id == source_id)
    change = update(source_rows).where(mine)
    if every is None:
        connection.execute(change.values(next_poll_at=None))
        return
    planned = connection.scalar(select(source_rows.c.next_poll_at).where(mine))
    soonest = now if planned is None else min(planned, now + timedelta(seconds=every))
    connection.execute(change.values(every_s=every, next_poll_at=soonest))


def _first_posts(
    connection: Connection, mapping_id: str, after: dict[str, str], new: set[str], now: datetime
) -> tuple[str, ...]:
    """Open routes for what a mapping asks of sources that were read before it came; the first poll does the others."""
    found: list[str] = []
    for source_id in sorted({after[node] for node in new}):
        for each in sources.joins(connection, source_id):
            if each.mapping_id == mapping_id and each.node in new:
                wanted = posts.for_first_run(connection, each)
                posts.open_routes(connection, each, wanted, now, new_id)
                found += wanted
    return tuple(dict.fromkeys(found))


def _seconds(reading: Reading) -> int:
    return int(reading.every.total_seconds())
