"""Posts, the ways they take through mappings, and their deliveries.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "posts",
    "post_revisions",
    "routes",
    "holds",
    "contents",
    "deliveries",
    "attempts",
    "prepared",
    "lanes",
    "budgets",
    "traces",
)


def upgrade() -> None:
    op.create_table(
        "posts",
        _id("workspace_id"),
        _id("id"),
        _id("source_id"),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("permalink", sa.Text, nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        _at("published_at", nullable=True),
        _at("seen_at"),
        _at("changed_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("source_id", "key"),
        _to("sources", "source_id"),
    )
    op.create_index("ix_posts_seen", "posts", ["workspace_id", "source_id", "seen_at"])
    _partial("ix_posts_state", "posts", ["state", "id"], where="state IN ('new', 'held')")
    op.create_table(
        "post_revisions",
        _id("workspace_id"),
        _id("id"),
        _id("post_id"),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("post_id", "revision"),
        _to("posts", "post_id"),
    )
    op.create_table(
        "routes",
        _id("workspace_id"),
        _id("id"),
        _id("post_id"),
        _id("mapping_id"),
        _id("version_id"),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("plan", sa.Text, nullable=False, server_default="[]"),
        sa.Column("cursor", sa.Integer, nullable=False, server_default="0"),
        sa.Column("branches", sa.Integer, nullable=False, server_default="0"),
        sa.Column("dropped", sa.Integer, nullable=False, server_default="0"),
        sa.Column("held", sa.Integer, nullable=False, server_default="0"),
        sa.Column("planned", sa.Integer, nullable=False, server_default="0"),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("mapping_id", "post_id", "node"),
        _to("posts", "post_id"),
    )
    _partial("ix_routes_open", "routes", ["state"], where="state IN ('new', 'stuck', 'routing')")
    op.create_index("ix_routes_post", "routes", ["workspace_id", "post_id"])
    op.create_table(
        "holds",
        _id("workspace_id"),
        _id("id"),
        _id("route_id"),
        _id("post_id"),
        _id("mapping_id"),
        _id("version_id"),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        _at("since"),
        _at("until", nullable=True),
        _at("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        _to("routes", "route_id"),
    )
    _partial("ix_holds_due", "holds", ["until"], where="state = 'held'")
    _partial("ix_holds_held", "holds", ["mapping_id", "node", "id"], where="state = 'held'")
    op.create_index("ix_holds_history", "holds", ["mapping_id", "node", "ended_at"])
    op.create_index("ix_holds_route", "holds", ["workspace_id", "route_id"])
    op.create_table(
        "contents",
        _id("workspace_id"),
        _id("id"),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
    )
    op.create_index("ix_contents_fingerprint", "contents", ["workspace_id", "fingerprint"])
    op.create_table(
        "deliveries",
        _id("workspace_id"),
        _id("id"),
        _id("mapping_id"),
        _id("version_id"),
        _id("route_id"),
        _id("post_id"),
        sa.Column("sink", sa.Text, nullable=False),
        _id("account_id"),
        sa.Column("round", sa.Integer, nullable=False, server_default="0"),
        _id("content_id"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False, server_default=""),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        _at("due_at"),
        _at("released_at"),
        sa.Column("max_age_s", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _id("attempt_id", nullable=True),
        sa.Column("remote_id", sa.Text, nullable=True),
        sa.Column("url", sa.Text, nullable=True),
        _at("sent_at", nullable=True),
        _at("approved_at", nullable=True),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("account_id", "post_id", "round"),
        _to("routes", "route_id"),
    )
    _partial(
        "ix_deliveries_due", "deliveries", ["account_id", "due_at", "id"], where="state IN ('planned', 'doubtful')"
    )
    _partial(
        "ix_deliveries_open",
        "deliveries",
        ["workspace_id", "state", "due_at"],
        where="state IN ('waiting', 'blocked', 'sending', 'check_needed')",
    )
    _partial(
        "ix_deliveries_out",
        "deliveries",
        ["content_id"],
        where="state IN ('sending', 'doubtful', 'check_needed', 'sent')",
    )
    _partial("ix_deliveries_remote", "deliveries", ["workspace_id", "remote_id"], where="remote_id IS NOT NULL")
    op.create_index("ix_deliveries_route", "deliveries", ["workspace_id", "route_id"])
    _partial("ix_deliveries_sending", "deliveries", ["account_id"], where="state = 'sending'")
    _partial("ix_deliveries_sent", "deliveries", ["account_id", "sent_at"], where="sent_at IS NOT NULL")
    _partial("ix_deliveries_url", "deliveries", ["workspace_id", "url"], where="url IS NOT NULL")
    op.create_table(
        "attempts",
        _id("workspace_id"),
        _id("id"),
        _id("delivery_id"),
        _id("account_id"),
        sa.Column("number", sa.Integer, nullable=False),
        _id("content_id"),
        sa.Column("key", sa.String(64), nullable=False),
        _at("frozen_at"),
        sa.Column("prepared", sa.Text, nullable=False, server_default="{}"),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        _at("started_at"),
        _at("ended_at", nullable=True),
        sa.Column("outcome", sa.String(32), nullable=False, server_default=""),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        _to("deliveries", "delivery_id"),
    )
    op.create_index("ix_attempts_delivery", "attempts", ["workspace_id", "delivery_id", "number"])
    op.create_table(
        "prepared",
        _id("workspace_id"),
        _id("delivery_id"),
        sa.Column("parts", sa.Text, nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("delivery_id", "workspace_id"),
        _to("deliveries", "delivery_id"),
    )
    op.create_table(
        "lanes",
        _id("workspace_id"),
        _id("account_id"),
        sa.Column("platform", sa.String(64), nullable=False),
        _at("next_due_at", nullable=True),
        sa.Column("lease_owner", sa.String(64), nullable=True),
        _at("lease_until", nullable=True),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account_id"),
        _to("accounts", "account_id"),
    )
    _partial("ix_lanes_due", "lanes", ["next_due_at"], where="next_due_at IS NOT NULL")
    _partial("ix_lanes_leased", "lanes", ["lease_until"], where="lease_until IS NOT NULL")
    op.create_table(
        "budgets",
        _id("workspace_id"),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        _at("held_until", nullable=True),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("workspace_id", "scope", "key"),
    )
    op.create_table(
        "traces",
        _id("workspace_id"),
        _id("id"),
        _id("post_id"),
        _id("mapping_id", nullable=True),
        _id("delivery_id", nullable=True),
        sa.Column("node", sa.Text, nullable=False, server_default=""),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
    )
    op.create_index("ix_traces_post", "traces", ["workspace_id", "post_id", "id"])


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
