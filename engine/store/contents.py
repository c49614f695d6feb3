"""Contents: rendered once for each sink and variant of a post, shared by the deliveries of an audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.text import fingerprint_of
from engine.store import bulk, tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.post import Content

_COLUMNS = ("workspace_id", "id", "hash", "fingerprint", "document", "created_at")


def add(connection: Connection, workspace_id: str, contents: Iterable[tuple[str, Content]], now: datetime) -> None:
    """Keep contents under their ids; the fingerprint recognises the same words when they come back as a post."""
    rows = (
        (workspace_id, content_id, content.model_copy(update={"variant": 0}).content_hash,
         fingerprint_of(content.text or content.title),
         content.model_dump_json(), now)
        for content_id, content in contents
    )  # fmt: skip
    bulk.insert(connection, tables.contents, _COLUMNS, rows)
