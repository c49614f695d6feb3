"""Workspaces, people and what they lend and allow, mappings and their sources.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "workspaces",
    "instance",
    "pauses",
    "people",
    "groups",
    "group_members",
    "accounts",
    "grants",
    "secrets",
    "consents",
    "consent_heads",
    "mappings",
    "mapping_versions",
    "sources",
    "source_joins",
)


def upgrade() -> None:
    op.create_table(
        "workspaces",
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data_key", sa.Text, nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "instance",
        _id("workspace_id"),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "pauses",
        _id("workspace_id"),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        _at("since"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("workspace_id", "scope", "key"),
    )
    op.create_table(
        "people",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=True),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "groups",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "group_members",
        _id("workspace_id"),
        _id("group_id"),
        _id("person_id"),
        sa.PrimaryKeyConstraint("workspace_id", "group_id", "person_id"),
        _to("groups", "group_id"),
        _to("people", "person_id"),
    )
    op.create_index("ix_group_members_person", "group_members", ["workspace_id", "person_id"])
    op.create_table(
        "accounts",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        _id("person_id", nullable=True),
        sa.Column("settings", sa.Text, nullable=False, server_default="{}"),
        sa.Column("state", sa.String(16), nullable=False, server_default="live"),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("implicit", sa.Boolean, nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
        _to("people", "person_id"),
    )
    op.create_index("ix_accounts_person", "accounts", ["workspace_id", "person_id"])
    op.create_table(
        "grants",
        _id("workspace_id"),
        _id("account_id"),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        _at("expires_at", nullable=True),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("account_id", "workspace_id"),
        _to("accounts", "account_id"),
    )
    op.create_table(
        "secrets",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "consents",
        _id("workspace_id"),
        _id("id"),
        _id("person_id"),
        _id("account_id"),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("person_id", "seq"),
        _to("people", "person_id"),
    )
    op.create_table(
        "consent_heads",
        _id("workspace_id"),
        _id("account_id"),
        _id("person_id"),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("account_id", "workspace_id"),
        _to("accounts", "account_id"),
    )
    op.create_table(
        "mappings",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.String(16), nullable=False),
        _id("version_id", nullable=True),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "mapping_versions",
        _id("workspace_id"),
        _id("id"),
        _id("mapping_id"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("mapping_id", "number"),
        _to("mappings", "mapping_id"),
    )
    op.create_table(
        "sources",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        _id("account_id", nullable=True),
        sa.Column("every_s", sa.Integer, nullable=False),
        _at("next_poll_at", nullable=True),
        _at("polling_until", nullable=True),
        sa.Column("cursor", sa.Text, nullable=True),
        sa.Column("state", sa.String(16), nullable=False, server_default="live"),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        _at("last_poll_at", nullable=True),
        _at("last_new_at", nullable=True),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "identity"),
    )
    _partial("ix_sources_due", "sources", ["next_poll_at"], where="next_poll_at IS NOT NULL")
    op.create_table(
        "source_joins",
        _id("workspace_id"),
        _id("mapping_id"),
        sa.Column("node", sa.Text, nullable=False),
        _id("source_id"),
        sa.Column("every_s", sa.Integer, nullable=False),
        sa.Column("first_run", sa.Text, nullable=False),
        _at("joined_at"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "mapping_id", "node"),
        _to("mappings", "mapping_id"),
        _to("sources", "source_id"),
    )
    op.create_index("ix_source_joins_source", "source_joins", ["workspace_id", "source_id"])


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)


def _to(target: str, column: str) -> sa.ForeignKeyConstraint:
    """Refer to a row of the same workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{target}.workspace_id", f"{target}.id"], ondelete="CASCADE"
    )


def _partial(name: str, table: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)
