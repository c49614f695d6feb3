"""Sources as people look through them: each with who reads it and the hub that tells of its news, in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, select

from engine.errors import NotFoundError
from engine.store import posts
from engine.store.lines import lines, names_of
from engine.store.paged import paged
from engine.store.sources import HELD
from engine.store.tables import hubs, mappings, source_joins, sources
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection


class Hub(NamedTuple):
    """What a hub was asked, and how that stands."""

    url: str
    state: str
    note: str
    lease_until: datetime | None


class Browsed(NamedTuple):
    """A source in a list; `held` posts wait for a person, `mappings` read it, by name."""

    id: str
    name: str
    kind: str
    state: str
    note: str
    failures: int
    every_s: int
    last_poll_at: datetime | None
    last_new_at: datetime | None
    next_poll_at: datetime | None
    held: int
    mappings: list[str]
    hub: Hub | None


_OWN: Final = Browsed._fields[: Browsed._fields.index("held")]
_WIDTH: Final = len(_OWN)
_READERS = (
    select(lines(mappings.c.name))
    .join(
        source_joins,
        and_(source_joins.c.workspace_id == mappings.c.workspace_id, source_joins.c.mapping_id == mappings.c.id),
    )
    .where(
        source_joins.c.workspace_id == sources.c.workspace_id, source_joins.c.source_id == sources.c.id,
        source_joins.c.active,
    )
    .correlate(sources)
    .scalar_subquery()
)  # fmt: skip
_HERE = (
    select(*(sources.c[name] for name in _OWN), _READERS, *(hubs.c[name] for name in Hub._fields))
    .outerjoin(hubs, and_(hubs.c.workspace_id == sources.c.workspace_id, hubs.c.source_id == sources.c.id))
    .where(sources.c.workspace_id == bindparam("workspace"))
)
_PAGE = _HERE.where(sources.c.id > bindparam("after")).order_by(sources.c.id)
_ONE = _HERE.where(sources.c.id == bindparam("id"))


@no_snapshot
def page(connection: Connection, workspace_id: str, after: str, most: int) -> list[Browsed]:
    """Return so many sources, oldest first: those after an id."""
    given = {"workspace": workspace_id, "after": after}
    return [_browsed(connection, row) for row in connection.execute(paged(_PAGE, most), given).all()]


@no_snapshot
def one(connection: Connection, workspace_id: str, source_id: str) -> Browsed:
    """Return a source; raises NotFoundError where there is none of this id."""
    row = connection.execute(_ONE, {"workspace": workspace_id, "id": source_id}).first()
    if row is None:
        message = f"There is no source with the id {source_id} in this workspace."
        raise NotFoundError(message)
    return _browsed(connection, row)


def _browsed(connection: Connection, row: Sequence[Any]) -> Browsed:
    own, readers, hub = row[:_WIDTH], row[_WIDTH], row[_WIDTH + 1 :]
    held = posts.held_count(connection, own[0]) if own[3] == HELD else 0  # few are held: each is asked for by itself
    return Browsed._make((*own, held, names_of(readers), None if hub[0] is None else Hub(*hub)))
