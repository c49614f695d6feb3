"""Every table. Ids are UUIDv7 as text, times are aware UTC, documents are JSON as text that pydantic wrote.

Every table carries workspace_id from the first migration (the empty string means the whole instance), and a row refers
to another only within its workspace.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware time: `timestamptz` on PostgreSQL, ISO 8601 in UTC with microseconds on SQLite, which sorts as text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the column type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write an aware time; a naive one is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"A time without a zone reached the database: {value!r}."
            raise ValueError(message)
        return stamp(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read an aware time in UTC."""
        del dialect
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def stamp(value: datetime) -> str:
    """Write an aware time as SQLite keeps it and as both databases read it from JSON."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


metadata = MetaData(naming_convention=NAMING)


def _id(name: str = "id", *, nullable: bool = False) -> Column[str]:
    return Column(name, String(32), nullable=nullable)


def _workspace() -> Column[str]:
    return Column("workspace_id", String(32), nullable=False)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, _workspace(), *parts)


def _to(target: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same workspace."""
    return ForeignKeyConstraint(
        ["workspace_id", column], [f"{target}.workspace_id", f"{target}.id"], ondelete="CASCADE"
    )


def _key() -> tuple[Any, ...]:
    """Make the id the leading column of the key: rows are looked up by it alone."""
    return (_id(), PrimaryKeyConstraint("id", "workspace_id"))


workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("data_key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

instance = _table("instance", Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

pauses = _table(
    "pauses",
    Column("scope", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "scope", "key"),
)

people = _table(
    "people",
    *_key(),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

groups = _table("groups", *_key(), Column("name", Text, nullable=False), UniqueConstraint("workspace_id", "name"))

group_members = _table(
    "group_members",
    _id("group_id"),
    _id("person_id"),
    PrimaryKeyConstraint("workspace_id", "group_id", "person_id"),
    _to("groups", "group_id"),
    _to("people", "person_id"),
)

accounts = _table(
    "accounts",
    *_key(),
    Column("name", Text, nullable=False),
    Column("platform", String(64), nullable=False),
    _id("person_id", nullable=True),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("state", String(16), nullable=False, server_default="live"),
    Column("note", Text, nullable=False, server_default=""),
    Column("implicit", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    Index("ix_accounts_person", "workspace_id", "person_id"),
    _to("people", "person_id"),
)

grants = _table(
    "grants",
    _id("account_id"),
    Column("sealed", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("expires_at", Instant),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("account_id", "workspace_id"),
    _to("accounts", "account_id"),
)

secrets = _table(
    "secrets",
    *_key(),
    Column("name", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

consents = _table(
    "consents",
    *_key(),
    _id("person_id"),
    _id("account_id"),
    Column("seq", Integer, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "seq"),
    _to("people", "person_id"),
)

consent_heads = _table(
    "consent_heads",
    _id("account_id"),
    _id("person_id"),
    Column("given", Boolean, nullable=False),
    Column("terms", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("account_id", "workspace_id"),
    _to("accounts", "account_id"),
)

mappings = _table(
    "mappings",
    *_key(),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    _id("version_id", nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

mapping_versions = _table(
    "mapping_versions",
    *_key(),
    _id("mapping_id"),
    Column("number", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("mapping_id", "number"),
    _to("mappings", "mapping_id"),
)

sources = _table(
    "sources",
    *_key(),
    Column("name", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    _id("account_id", nullable=True),
    Column("every_s", Integer, nullable=False),
    Column("next_poll_at", Instant),
    Column("polling_until", Instant),
    Column("cursor", Text),
    Column("state", String(16), nullable=False, server_default="live"),
    Column("note", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_poll_at", Instant),
    Column("last_new_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("workspace_id", "identity"),
    Index(
        "ix_sources_due",
        "next_poll_at",
        postgresql_where=text("next_poll_at IS NOT NULL"),
        sqlite_where=text("next_poll_at IS NOT NULL"),
    ),
)

source_joins = _table(
    "source_joins",
    _id("mapping_id"),
    Column("node", Text, nullable=False),
    _id("source_id"),
    Column("every_s", Integer, nullable=False),
    Column("first_run", Text, nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("active", Boolean, nullable=False),
    PrimaryKeyConstraint("workspace_id", "mapping_id", "node"),
    Index("ix_source_joins_source", "workspace_id", "source_id"),
    _to("mappings", "mapping_id"),
    _to("sources", "source_id"),
)

posts = _table(
    "posts",
    *_key(),
    _id("source_id"),
    Column("key", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("content_hash", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("permalink", Text),
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("published_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("source_id", "key"),
    Index(
        "ix_posts_state",
        "state",
        "id",
        postgresql_where=text("state IN ('new', 'held')"),
        sqlite_where=text("state IN ('new', 'held')"),
    ),
    Index("ix_posts_seen", "workspace_id", "source_id", "seen_at"),
    _to("sources", "source_id"),
)

post_revisions = _table(
    "post_revisions",
    *_key(),
    _id("post_id"),
    Column("revision", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("post_id", "revision"),
    _to("posts", "post_id"),
)

routes = _table(
    "routes",
    *_key(),
    _id("post_id"),
    _id("mapping_id"),
    _id("version_id"),
    Column("node", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("plan", Text, nullable=False, server_default="[]"),
    Column("cursor", Integer, nullable=False, server_default="0"),
    Column("branches", Integer, nullable=False, server_default="0"),
    Column("dropped", Integer, nullable=False, server_default="0"),
    Column("held", Integer, nullable=False, server_default="0"),
    Column("planned", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("mapping_id", "post_id", "node"),
    Index(
        "ix_routes_open", "state", postgresql_where=text("state = 'routing'"), sqlite_where=text("state = 'routing'")
    ),
    Index("ix_routes_post", "workspace_id", "post_id"),
    _to("posts", "post_id"),
)

holds = _table(
    "holds",
    *_key(),
    _id("route_id"),
    _id("post_id"),
    _id("mapping_id"),
    _id("version_id"),
    Column("node", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("ended_at", Instant),
    Index(
        "ix_holds_held",
        "mapping_id",
        "node",
        "id",
        postgresql_where=text("state = 'held'"),
        sqlite_where=text("state = 'held'"),
    ),
    Index("ix_holds_due", "until", postgresql_where=text("state = 'held'"), sqlite_where=text("state = 'held'")),
    Index("ix_holds_history", "mapping_id", "node", "ended_at"),
    _to("routes", "route_id"),
)

contents = _table(
    "contents",
    *_key(),
    Column("hash", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_contents_fingerprint", "workspace_id", "fingerprint"),
)

deliveries = _table(
    "deliveries",
    *_key(),
    _id("mapping_id"),
    _id("version_id"),
    _id("route_id"),
    _id("post_id"),
    Column("sink", Text, nullable=False),
    _id("account_id"),
    Column("round", Integer, nullable=False, server_default="0"),
    _id("content_id"),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("due_at", Instant, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("max_age_s", Integer, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    _id("attempt_id", nullable=True),
    Column("remote_id", Text),
    Column("url", Text),
    Column("sent_at", Instant),
    Column("approved_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("account_id", "post_id", "round"),
    Index(
        "ix_deliveries_due",
        "account_id",
        "due_at",
        "id",
        postgresql_where=text("state IN ('planned', 'doubtful')"),
        sqlite_where=text("state IN ('planned', 'doubtful')"),
    ),
    Index(
        "ix_deliveries_open",
        "workspace_id",
        "state",
        "due_at",
        postgresql_where=text("state IN ('waiting', 'blocked', 'sending', 'check_needed')"),
        sqlite_where=text("state IN ('waiting', 'blocked', 'sending', 'check_needed')"),
    ),
    Index(
        "ix_deliveries_sending",
        "account_id",
        postgresql_where=text("state = 'sending'"),
        sqlite_where=text("state = 'sending'"),
    ),
    Index("ix_deliveries_route", "workspace_id", "route_id"),
    Index(
        "ix_deliveries_sent",
        "account_id",
        "sent_at",
        postgresql_where=text("sent_at IS NOT NULL"),
        sqlite_where=text("sent_at IS NOT NULL"),
    ),
    Index(
        "ix_deliveries_url",
        "workspace_id",
        "url",
        postgresql_where=text("url IS NOT NULL"),
        sqlite_where=text("url IS NOT NULL"),
    ),
    Index(
        "ix_deliveries_remote",
        "workspace_id",
        "remote_id",
        postgresql_where=text("remote_id IS NOT NULL"),
        sqlite_where=text("remote_id IS NOT NULL"),
    ),
    _to("routes", "route_id"),
)

attempts = _table(
    "attempts",
    *_key(),
    _id("delivery_id"),
    _id("account_id"),
    Column("number", Integer, nullable=False),
    _id("content_id"),
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
    _to("deliveries", "delivery_id"),
)

prepared = _table(
    "prepared",
    _id("delivery_id"),
    Column("parts", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("delivery_id", "workspace_id"),
    _to("deliveries", "delivery_id"),
)

lanes = _table(
    "lanes",
    Column("account_id", String(32), primary_key=True),
    Column("platform", String(64), nullable=False),
    Column("next_due_at", Instant),
    Column("lease_owner", String(64)),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    Index(
        "ix_lanes_due",
        "next_due_at",
        postgresql_where=text("next_due_at IS NOT NULL"),
        sqlite_where=text("next_due_at IS NOT NULL"),
    ),
    Index(
        "ix_lanes_leased",
        "lease_until",
        postgresql_where=text("lease_until IS NOT NULL"),
        sqlite_where=text("lease_until IS NOT NULL"),
    ),
    _to("accounts", "account_id"),
)

budgets = _table(
    "budgets",
    Column("scope", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("held_until", Instant),
    Column("note", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "scope", "key"),
)

traces = _table(
    "traces",
    *_key(),
    _id("post_id"),
    _id("mapping_id", nullable=True),
    _id("delivery_id", nullable=True),
    Column("node", Text, nullable=False, server_default=""),
    Column("what", String(32), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_traces_post", "workspace_id", "post_id", "id"),
)
