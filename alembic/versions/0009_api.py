"""Who may use the API: users, memberships, keys, sessions, codes and tries.

Revision 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _users()
    _signing_in()
    op.add_column("workspaces", _at("suspended_at", nullable=True))


def _users() -> None:
    op.create_table(
        "users",
        _id("workspace_id"),
        _id("id"),
        _text("name"),
        _text("email"),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("admin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(16), nullable=False, server_default="active"),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "memberships",
        _id("workspace_id"),
        _id("user_id"),
        sa.Column("role", sa.String(16), nullable=False),
        _id("person_id", nullable=True),
        _at("created_at"),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("ix_memberships_user", "memberships", ["user_id"])
    op.create_table(
        "api_keys",
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _text("name"),
        sa.Column("prefix", sa.String(32), nullable=False),
        _hash("hash"),
        _text("scopes"),
        _at("created_at"),
        *(_at(name, nullable=True) for name in ("expires_at", "last_used_at", "revoked_at")),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_api_keys_user", "api_keys", ["user_id"])


def _signing_in() -> None:
    op.create_table(
        "sessions",
        _id("workspace_id"),
        _hash("hash"),
        _id("user_id"),
        sa.Column("how", sa.String(16), nullable=False),
        *(_at(name) for name in ("created_at", "seen_at", "expires_at")),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "login_codes",
        _id("workspace_id"),
        _hash("hash"),
        _id("user_id"),
        _hash("code_hash"),
        sa.Column("tries_left", sa.Integer, nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("hash"),
    )
    for name in ("sessions", "login_codes"):
        op.create_index(f"ix_{name}_user", name, ["user_id"])
        op.create_index(f"ix_{name}_expires", name, ["expires_at"])
    op.create_table(
        "login_tries",
        _id("workspace_id"),
        _hash("hash"),
        sa.Column("failures", sa.Integer, nullable=False),
        _at("last_at"),
        _at("until"),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_login_tries_last", "login_tries", ["last_at"])


def downgrade() -> None:
    op.drop_column("workspaces", "suspended_at")
    for name in ("login_tries", "login_codes", "sessions", "api_keys", "memberships", "users"):
        op.drop_table(name)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _hash(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)
