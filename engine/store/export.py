"""All that a workspace holds, table by table and page by page, without what seals, signs or lets anybody in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select, tuple_

from engine.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

TABLES: Final = (
    "people", "groups", "group_members", "memberships", "api_keys", "accounts", "consents", "consent_heads", "secrets",
    "apps", "webhooks", "repositories", "sync_runs", "synced_mappings", "mappings", "mapping_versions", "sources",
    "source_joins", "posts", "post_revisions", "post_parents", "routes", "holds", "contents", "deliveries", "attempts",
    "traces", "budgets", "budget_windows", "pauses", "wordings", "short_links", "clicks", "mails", "webhook_calls",
    "audit",
)  # fmt: skip
"""What is exported, in this order."""

LEFT_OUT: Final = frozenset({
    "workspaces", "instance", "users", "grants", "oauth_states", "sessions", "login_codes", "login_tries",
    "idempotency_keys", "lanes", "prepared", "media", "events", "operations", "comments", "hubs",
    "takings",
})  # fmt: skip
"""What is not: secrets and rights, the instance's own, pictures that can be fetched again, and passing states."""

HIDDEN: Final = frozenset({"sealed", "former", "hook"})
"""Columns that hold secrets, whatever the table; and of an API key its hash."""

Place = tuple[Any, ...]


class Page(NamedTuple):
    """Some rows of a table, as plain values, and after which place the next ones stand; None at the end."""

    rows: list[dict[str, Any]]
    after: Place | None


def page(connection: Connection, workspace_id: str, name: str, after: Place | None, most: int) -> Page:
    """Return the rows of a table of a workspace after a place, in the order of its key."""
    table = metadata.tables[name]
    key = [column for column in table.primary_key if column.name != "workspace_id"]
    shown = [column for column in table.c if column.name not in _hidden(name)]
    query = select(*shown, *(column.label(f"_{column.name}") for column in key))
    query = query.where(table.c.workspace_id == workspace_id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    found: Sequence[Any] = connection.execute(query.order_by(*key).limit(most)).all()
    rows = [dict(zip((column.name for column in shown), row, strict=False)) for row in found]
    return Page(rows, tuple(found[-1][len(shown) :]) if len(found) == most else None)


def _hidden(name: str) -> frozenset[str]:
    return HIDDEN | {"hash"} if name == "api_keys" else HIDDEN
