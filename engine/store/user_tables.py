"""The tables of who may: people who sign in, what they are in which workspace, keys, sessions, codes and tries.

A user belongs to the instance (the workspace is the empty string): memberships and keys refer to users without a
foreign key, and go with them by `users.remove`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint, false

from engine.store.columns import Instant, identity, key, table

users = table(
    "users",
    *key(),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("password", Text),
    Column("admin", Boolean, nullable=False, server_default=false()),
    Column("state", String(16), nullable=False, server_default="active"),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("email"),
)

memberships = table(
    "memberships",
    identity("user_id"),
    Column("role", String(16), nullable=False),
    identity("person_id", nullable=True),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "user_id"),
    Index("ix_memberships_user", "user_id"),
)

api_keys = table(
    "api_keys",
    *key(),
    identity("user_id"),
    Column("name", Text, nullable=False),
    Column("prefix", String(32), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("hash"),
    Index("ix_api_keys_user", "user_id"),
)

sessions = table(
    "sessions",
    Column("hash", String(64), primary_key=True),
    identity("user_id"),
    Column("how", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_sessions_user", "user_id"),
    Index("ix_sessions_expires", "expires_at"),
)

login_codes = table(
    "login_codes",
    Column("hash", String(64), primary_key=True),
    identity("user_id"),
    Column("code_hash", String(64), nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_login_codes_user", "user_id"),
    Index("ix_login_codes_expires", "expires_at"),
)

login_tries = table(
    "login_tries",
    Column("hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index("ix_login_tries_last", "last_at"),
)
