"""Pictures: the file as it was fetched, under no fit, and what was made of it, under each.

The bytes are rows, not files beside the database: every worker on every machine has them, they go with the workspace
and into the backup, and a row is whole or not there. A row has at most 30 MB, and lives for a week.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.store import takings
from engine.store.tables import media

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

ORIGINAL = ""
"""The fit of the file as it was fetched."""


class Kept(NamedTuple):
    """One picture in one form; of an original neither kind nor size is known, and both are left empty."""

    fit: str
    content: bytes
    mime: str = ""
    width: int = 0
    height: int = 0


def find(connection: Connection, workspace_id: str, url: str, fit: str) -> Kept | None:
    """Return the picture of that address in that form."""
    query = select(*(media.c[name] for name in Kept._fields)).where(_of(workspace_id, url), media.c.fit == fit)
    row = connection.execute(query).one_or_none()
    return Kept(*row) if row else None


def keep(connection: Connection, workspace_id: str, url: str, ids: tuple[str, ...], forms: tuple[Kept, ...]) -> None:
    """Keep the picture of an address in some forms, under new ids; where another was first, that one stays."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for row_id, form in zip(ids, forms, strict=True):
        values = {"workspace_id": workspace_id, "id": row_id, "address": _named(url), **form._asdict()}
        connection.execute(insert(media).values(values).on_conflict_do_nothing())


def forget(connection: Connection, workspace_id: str, url: str) -> None:
    """Forget the file as it was fetched: it was of no use."""
    connection.execute(delete(media).where(_of(workspace_id, url), media.c.fit == ORIGINAL))


def take(connection: Connection, workspace_id: str, url: str, owner: str, times: tuple[datetime, datetime]) -> bool:
    """Take the fetching of an address from now until a time; tells whether it is the owner's."""
    return takings.take(connection, workspace_id, _work(url), owner, times)


def give_back(connection: Connection, workspace_id: str, url: str, owner: str) -> None:
    """Let others fetch it, or find what was made."""
    takings.give_back(connection, workspace_id, _work(url), owner)


def _work(url: str) -> str:
    return f"picture:{_named(url)}"


def _of(workspace_id: str, url: str) -> ColumnElement[bool]:
    return and_(media.c.workspace_id == workspace_id, media.c.address == _named(url))


def _named(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
