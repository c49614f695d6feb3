"""The tables of repositories: where mappings are kept, what became of each commit, and which mapping is from where."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint, false

from engine.store.columns import Instant, identity, key, table, to

repositories = table(
    "repositories",
    *key(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("branch", Text, nullable=False, server_default=""),
    Column("path", Text, nullable=False, server_default=""),
    Column("values_file", Text, nullable=False, server_default=""),
    Column("secret", Text, nullable=False, server_default=""),
    Column("prune", Boolean, nullable=False, server_default=false()),
    Column("every_s", Integer, nullable=False),
    Column("hook", Text),
    Column("commit_id", String(64), nullable=False, server_default=""),
    Column("next_sync_at", Instant, nullable=False),
    Column("syncing_until", Instant),
    Column("last_sync_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

sync_runs = table(
    "sync_runs",
    *key(),
    identity("repository_id"),
    Column("commit_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    Index("ix_sync_runs_repository", "workspace_id", "repository_id", "id"),
    to("repositories", "repository_id"),
)

synced_mappings = table(
    "synced_mappings",
    identity("mapping_id"),
    identity("repository_id"),
    identity("version_id"),
    Column("commit_id", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("mapping_id", "workspace_id"),
    Index("ix_synced_mappings_repository", "workspace_id", "repository_id"),
    to("mappings", "mapping_id"),
    to("repositories", "repository_id"),
)
