"""The table of who changed what. The database itself refuses to change a row, or to delete one early."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Text

from engine.store.columns import Instant, identity, key, table

audit = table(
    "audit",
    *key(),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    identity("user_id", nullable=True),
    Column("face", String(8), nullable=False),
    Column("what", String(64), nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("request_id", String(64), nullable=False),
    Index("ix_audit_list", "workspace_id", "id"),
    Index("ix_audit_by", "workspace_id", "by", "id"),
    Index("ix_audit_what", "workspace_id", "what", "id"),
    Index("ix_audit_kind", "workspace_id", "object_kind", "id"),
    Index("ix_audit_name", "workspace_id", "object_name", "id"),
    Index("ix_audit_at", "at"),
)
