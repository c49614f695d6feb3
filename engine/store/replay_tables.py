"""The table of answers that are given again: one for each `Idempotency-Key` of a user."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Text

from engine.store.columns import Instant, identity, table

idempotency_keys = table(
    "idempotency_keys",
    identity("user_id"),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("headers", Text, nullable=False, server_default="[]"),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "user_id", "key"),
    Index("ix_idempotency_keys_created", "created_at"),
)
