"""The tables of what happened and who is told: events, long work, and the addresses of others that are called."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, false, text

from engine.store.columns import Instant, identity, key, metadata, partial, table, to

events = Table(
    "events",
    metadata,
    identity("workspace_id"),
    # Counts the rows in the order in which they were written; `tx` is the transaction on PostgreSQL, 0 on SQLite, and
    # both have their values from the database (the migration says how, and which changes write an event by themselves).
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tx", BigInteger, nullable=False, server_default=text("0")),
    Column("kind", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    identity("mapping_id", nullable=True),
    Column("node", Text, nullable=False, server_default=""),
    identity("account_id", nullable=True),
    identity("post_id", nullable=True),
    identity("delivery_id", nullable=True),
    Column("document", Text, nullable=False, server_default="{}"),
    Index("ix_events_place", "tx", "seq"),
    sqlite_autoincrement=True,
)

operations = table(
    "operations",
    *key(),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("sentence", Text, nullable=False, server_default=""),
    Column("result", Text),
    Column("error", Text),
    Column("by", Text, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("cancelling", Boolean, nullable=False, server_default=false()),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_operations_workspace", "workspace_id", "id"),
    Index("ix_operations_kind", "workspace_id", "kind", "id"),
)

webhooks = table(
    "webhooks",
    *key(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("former", Text),
    Column("former_until", Instant),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("cursor", String(32), nullable=False),
    Column("busy_until", Instant),
    Column("failing_since", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

webhook_calls = table(
    "webhook_calls",
    *key(),
    identity("webhook_id"),
    Column("event_id", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("status", Integer),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    partial("ix_webhook_calls_due", "webhook_id", "next_at", where="next_at IS NOT NULL"),
    Index("ix_webhook_calls_webhook", "workspace_id", "webhook_id", "id"),
    Index("ix_webhook_calls_state", "workspace_id", "webhook_id", "state", "id"),
    to("webhooks", "webhook_id"),
)
