"""The tables of accounts: who they are on a platform, the sealed right to use them, and how they are connected."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint, text

from engine.store.columns import Instant, identity, key, partial, table, to

accounts = table(
    "accounts",
    *key(),
    Column("name", Text, nullable=False),
    Column("platform", String(64), nullable=False),
    identity("person_id", nullable=True),
    Column("remote_id", Text),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("state", String(16), nullable=False, server_default="live"),
    Column("note", Text, nullable=False, server_default=""),
    Column("implicit", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    Index("ix_accounts_person", "workspace_id", "person_id"),
    Index(
        "ix_accounts_remote",
        "workspace_id",
        "platform",
        "remote_id",
        unique=True,
        sqlite_where=text("remote_id IS NOT NULL"),
        postgresql_where=text("remote_id IS NOT NULL"),
    ),
    to("people", "person_id"),
)

grants = table(
    "grants",
    identity("account_id"),
    Column("sealed", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("expires_at", Instant),
    Column("renew_at", Instant),
    Column("look_at", Instant),
    Column("renewing_until", Instant),
    Column("unanswered", Integer, nullable=False, server_default="0"),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("account_id", "workspace_id"),
    partial("ix_grants_look", "look_at", where="look_at IS NOT NULL"),
    to("accounts", "account_id"),
)

apps = table(
    "apps",
    Column("platform", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    Column("sealed", Text),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "platform"),
)

oauth_states = table(
    "oauth_states",
    *key(),
    Column("secret_hash", String(64), nullable=False),
    Column("platform", String(64), nullable=False),
    identity("account_id", nullable=True),
    identity("person_id", nullable=True),
    Column("redirect_uri", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
