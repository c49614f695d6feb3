"""Apps: who a workspace is on a platform, and where that platform is. The secrets are sealed text here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from engine.store.bulk import insert
from engine.store.tables import apps

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class AppRow:
    """An app of a platform. `settings` is JSON, whole, `sealed` its secrets, None where it has none."""

    workspace_id: str
    platform: str
    settings: str
    sealed: str | None
    updated_at: datetime


_FIELDS = tuple(AppRow.__dataclass_fields__)
_ALL = select(*(apps.c[name] for name in _FIELDS))


def put(connection: Connection, app: AppRow) -> None:
    """Keep an app in place of the one that its platform had."""
    tail = (
        "ON CONFLICT (workspace_id, platform) DO UPDATE"
        " SET settings = excluded.settings, sealed = excluded.sealed, updated_at = excluded.updated_at"
    )
    insert(connection, apps, _FIELDS, [tuple(getattr(app, name) for name in _FIELDS)], tail=tail)


def get(connection: Connection, workspace_id: str, platform: str) -> AppRow | None:
    """Return the app of a platform, None where none is set."""
    query = _ALL.where(apps.c.workspace_id == workspace_id, apps.c.platform == platform)
    row = connection.execute(query).first()
    return AppRow(*row) if row is not None else None


def listed(connection: Connection, workspace_id: str) -> list[AppRow]:
    """Return the apps of a workspace by platform."""
    query = _ALL.where(apps.c.workspace_id == workspace_id).order_by(apps.c.platform)
    return [AppRow(*row) for row in connection.execute(query)]


def remove(connection: Connection, workspace_id: str, platform: str) -> bool:
    """Delete an app; tells whether there was one."""
    mine = delete(apps).where(apps.c.workspace_id == workspace_id, apps.c.platform == platform)
    return connection.execute(mine).rowcount > 0
