"""The table of mails: each waits here until a server has taken it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Text, UniqueConstraint

from engine.store.columns import Instant, identity, key, partial, table, to

mails = table(
    "mails",
    *key(),
    Column("kind", String(16), nullable=False),
    Column("key", Text, nullable=False),
    identity("person_id", nullable=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("document", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("sent_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "key"),
    partial("ix_mails_due", "due_at", where="state = 'waiting'"),
    Index("ix_mails_person", "workspace_id", "person_id"),
    Index("ix_mails_list", "workspace_id", "id"),
    to("people", "person_id"),
)
