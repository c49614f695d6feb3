"""Every table. Ids are UUIDv7 as text, times are aware UTC, documents are JSON as text that pydantic wrote.

Every table carries workspace_id from the first migration (the empty string means the whole instance), and a row refers
to another only within its workspace.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from engine.store.account_tables import accounts, apps, grants, oauth_states
from engine.store.audit_tables import audit
from engine.store.columns import Instant, identity, key, metadata, partial, stamp, table, to
from engine.store.delivery_tables import attempts, comments, contents, deliveries, prepared
from engine.store.event_tables import events, operations, webhook_calls, webhooks
from engine.store.link_tables import clicks, short_links
from engine.store.mail_tables import mails
from engine.store.post_tables import post_parents, post_revisions, posts
from engine.store.replay_tables import idempotency_keys
from engine.store.repository_tables import repositories, sync_runs, synced_mappings
from engine.store.user_tables import api_keys, login_codes, login_tries, memberships, sessions, users

__all__ = (
    "Instant",
    "accounts",
    "api_keys",
    "apps",
    "attempts",
    "audit",
    "clicks",
    "comments",
    "contents",
    "deliveries",
    "events",
    "grants",
    "idempotency_keys",
    "login_codes",
    "login_tries",
    "mails",
    "memberships",
    "metadata",
    "oauth_states",
    "operations",
    "post_parents",
    "post_revisions",
    "posts",
    "prepared",
    "repositories",
    "sessions",
    "short_links",
    "stamp",
    "sync_runs",
    "synced_mappings",
    "users",
    "webhook_calls",
    "webhooks",
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("data_key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("suspended_at", Instant),
)

instance = table("instance", Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

pauses = table(
    "pauses",
    Column("scope", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "scope", "key"),
)

people = table(
    "people",
    *key(),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("mailed", Boolean, nullable=False, server_default=true()),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

groups = table("groups", *key(), Column("name", Text, nullable=False), UniqueConstraint("workspace_id", "name"))

group_members = table(
    "group_members",
    identity("group_id"),
    identity("person_id"),
    PrimaryKeyConstraint("workspace_id", "group_id", "person_id"),
    Index("ix_group_members_person", "workspace_id", "person_id"),
    to("groups", "group_id"),
    to("people", "person_id"),
)

secrets = table(
    "secrets",
    *key(),
    Column("name", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

consents = table(
    "consents",
    *key(),
    identity("person_id"),
    identity("account_id"),
    Column("seq", Integer, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "seq"),
    to("people", "person_id"),
)

consent_heads = table(
    "consent_heads",
    identity("account_id"),
    identity("person_id"),
    Column("given", Boolean, nullable=False),
    Column("terms", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("account_id", "workspace_id"),
    to("accounts", "account_id"),
)

mappings = table(
    "mappings",
    *key(),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    identity("version_id", nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

mapping_versions = table(
    "mapping_versions",
    *key(),
    identity("mapping_id"),
    Column("number", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("made_by", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("mapping_id", "number"),
    to("mappings", "mapping_id"),
)

sources = table(
    "sources",
    *key(),
    Column("name", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    identity("account_id", nullable=True),
    Column("every_s", Integer, nullable=False),
    Column("next_poll_at", Instant),
    Column("polling_until", Instant),
    Column("cursor", Text),
    Column("state", String(16), nullable=False, server_default="live"),
    Column("note", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_poll_at", Instant),
    Column("last_new_at", Instant),
    Column("hook", Text),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "identity"),
    partial("ix_sources_due", "next_poll_at", where="next_poll_at IS NOT NULL"),
)

hubs = table(
    "hubs",
    *key(),
    identity("source_id"),
    Column("url", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("lease_until", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "source_id"),
    partial("ix_hubs_due", "next_at", where="next_at IS NOT NULL"),
    to("sources", "source_id"),
)

source_joins = table(
    "source_joins",
    identity("mapping_id"),
    Column("node", Text, nullable=False),
    identity("source_id"),
    Column("every_s", Integer, nullable=False),
    Column("first_run", Text, nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("active", Boolean, nullable=False),
    PrimaryKeyConstraint("workspace_id", "mapping_id", "node"),
    Index("ix_source_joins_source", "workspace_id", "source_id"),
    to("mappings", "mapping_id"),
    to("sources", "source_id"),
)

routes = table(
    "routes",
    *key(),
    identity("post_id"),
    identity("mapping_id"),
    identity("version_id"),
    Column("node", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("plan", Text, nullable=False, server_default="[]"),
    Column("cursor", Integer, nullable=False, server_default="0"),
    Column("branches", Integer, nullable=False, server_default="0"),
    Column("dropped", Integer, nullable=False, server_default="0"),
    Column("held", Integer, nullable=False, server_default="0"),
    Column("planned", Integer, nullable=False, server_default="0"),
    Column("first_run", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("mapping_id", "post_id", "node"),
    partial("ix_routes_open", "state", where="state IN ('new', 'stuck', 'routing')"),
    Index("ix_routes_post", "workspace_id", "post_id"),
    to("posts", "post_id"),
)

holds = table(
    "holds",
    *key(),
    identity("route_id"),
    identity("post_id"),
    identity("mapping_id"),
    identity("version_id"),
    Column("node", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("ended_at", Instant),
    Column("round", Integer, nullable=False, server_default="0"),
    Column("times", Integer, nullable=False, server_default="0"),
    Column("last_at", Instant),
    Column("verdict", String(16), nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("decided_at", Instant),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("look", Text, nullable=False, server_default=""),
    partial("ix_holds_held", "mapping_id", "node", "id", where="state = 'held'"),
    partial("ix_holds_due", "until", where="state = 'held'"),
    partial("ix_holds_wanted", "workspace_id", "id", where="state = 'held' AND verdict = 'wanted'"),
    Index("ix_holds_route", "workspace_id", "route_id"),
    Index("ix_holds_post", "workspace_id", "post_id"),
    Index("ix_holds_history", "mapping_id", "node", "last_at"),
    to("routes", "route_id"),
)

lanes = table(
    "lanes",
    Column("account_id", String(32), primary_key=True),
    Column("platform", String(64), nullable=False),
    Column("next_due_at", Instant),
    Column("lease_owner", String(64)),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    partial("ix_lanes_due", "next_due_at", where="next_due_at IS NOT NULL"),
    partial("ix_lanes_leased", "lease_until", where="lease_until IS NOT NULL"),
    to("accounts", "account_id"),
)

budgets = table(
    "budgets",
    Column("scope", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("held_until", Instant),
    Column("note", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "scope", "key"),
    partial("ix_budgets_held", "held_until", "scope", where="held_until IS NOT NULL"),
)

budget_windows = table(
    "budget_windows",
    Column("scope", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", String(64), nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("cap", BigInteger),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "scope", "key", "name"),
    partial("ix_budget_windows_money", "ends_at", where="name = 'money'"),
)

media = table(
    "media",
    *key(),
    Column("address", String(64), nullable=False),
    Column("fit", String(32), nullable=False),
    Column("mime", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("workspace_id", "address", "fit"),
)

takings = table(
    "takings",
    Column("key", String(100), nullable=False),
    Column("owner", Text, nullable=False),
    Column("until", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "key"),
)

wordings = table(
    "wordings",
    Column("platform", String(64), nullable=False),
    Column("words", String(32), nullable=False),
    identity("account_id"),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("workspace_id", "platform", "words"),
)

traces = table(
    "traces",
    *key(),
    identity("post_id"),
    identity("mapping_id", nullable=True),
    identity("delivery_id", nullable=True),
    Column("node", Text, nullable=False, server_default=""),
    Column("what", String(32), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_traces_post", "workspace_id", "post_id", "id"),
)
