"""The tables of deliveries: what was rendered, what goes to whom, attempts, first comments, and what was uploaded."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint

from engine.store.columns import Instant, identity, key, partial, table, to

contents = table(
    "contents",
    *key(),
    Column("hash", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_contents_fingerprint", "workspace_id", "fingerprint"),
)

deliveries = table(
    "deliveries",
    *key(),
    identity("mapping_id"),
    identity("version_id"),
    identity("route_id"),
    identity("post_id"),
    Column("sink", Text, nullable=False),
    identity("account_id"),
    Column("round", Integer, nullable=False, server_default="0"),
    identity("content_id"),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("due_at", Instant, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("max_age_s", Integer, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    identity("attempt_id", nullable=True),
    Column("remote_id", Text),
    Column("url", Text),
    Column("sent_at", Instant),
    Column("approved_at", Instant),
    identity("mail_id", nullable=True),
    Column("told_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("account_id", "post_id", "round"),
    partial("ix_deliveries_due", "account_id", "due_at", "id", where="state IN ('planned', 'doubtful')"),
    partial(
        "ix_deliveries_open", "workspace_id", "state", "due_at", where="state IN ('waiting', 'blocked', 'check_needed')"
    ),
    partial("ix_deliveries_maybe_out", "account_id", where="state IN ('sending', 'doubtful', 'check_needed')"),
    partial("ix_deliveries_telling", "due_at", where="state = 'waiting' AND reason = 'telling'"),
    partial("ix_deliveries_mail", "mail_id", where="mail_id IS NOT NULL"),
    partial(
        "ix_deliveries_asking", "updated_at", where="state = 'waiting' AND reason = 'approval' AND mail_id IS NULL"
    ),
    Index("ix_deliveries_states", "workspace_id", "state", "id"),
    Index("ix_deliveries_content", "content_id"),
    Index("ix_deliveries_route", "workspace_id", "route_id"),
    partial("ix_deliveries_sent", "account_id", "sent_at", where="sent_at IS NOT NULL"),
    partial("ix_deliveries_url", "workspace_id", "url", where="url IS NOT NULL"),
    partial("ix_deliveries_remote", "workspace_id", "remote_id", where="remote_id IS NOT NULL"),
    to("routes", "route_id"),
)

attempts = table(
    "attempts",
    *key(),
    identity("delivery_id"),
    identity("account_id"),
    Column("number", Integer, nullable=False),
    identity("content_id"),
    Column("key", String(64), nullable=False),
    Column("frozen_at", Instant, nullable=False),
    Column("prepared", Text, nullable=False, server_default="{}"),
    Column("request_hash", String(64), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String(32), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_attempts_delivery", "workspace_id", "delivery_id", "number"),
    to("deliveries", "delivery_id"),
)

comments = table(
    "comments",
    identity("delivery_id"),
    identity("account_id"),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant),
    Column("started_at", Instant),
    Column("remote_id", Text),
    Column("url", Text),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("delivery_id", "workspace_id"),
    partial("ix_comments_due", "account_id", "due_at", where="due_at IS NOT NULL"),
    to("deliveries", "delivery_id"),
)

prepared = table(
    "prepared",
    identity("delivery_id"),
    Column("parts", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("delivery_id", "workspace_id"),
    to("deliveries", "delivery_id"),
)
