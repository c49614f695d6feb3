"""Apps of platforms, states of connecting, who an account is there, and when its grant is renewed.

Revision 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REMOTE = sa.text("remote_id IS NOT NULL")
LOOK = sa.text("look_at IS NOT NULL")
GRANTS = ("unanswered", "renewing_until", "look_at", "renew_at", "scopes")


def upgrade() -> None:
    op.create_table(
        "apps",
        _id("workspace_id"),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        _at("updated_at", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "platform"),
    )
    op.create_table(
        "oauth_states",
        _id("workspace_id"),
        _id("id"),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        _id("account_id", nullable=True),
        _id("person_id", nullable=True),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        _at("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
    )
    op.add_column("accounts", sa.Column("remote_id", sa.Text, nullable=True))
    op.create_index(
        "ix_accounts_remote",
        "accounts",
        ["workspace_id", "platform", "remote_id"],
        unique=True,
        sqlite_where=REMOTE,
        postgresql_where=REMOTE,
    )
    op.add_column("grants", sa.Column("scopes", sa.Text, nullable=False, server_default=""))
    for name in ("renew_at", "look_at", "renewing_until"):
        op.add_column("grants", _at(name, nullable=True))
    op.add_column("grants", sa.Column("unanswered", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_grants_look", "grants", ["look_at"], sqlite_where=LOOK, postgresql_where=LOOK)


def downgrade() -> None:
    op.drop_index("ix_grants_look", "grants")
    for name in GRANTS:
        op.drop_column("grants", name)
    op.drop_index("ix_accounts_remote", "accounts")
    op.drop_column("accounts", "remote_id")
    op.drop_table("oauth_states")
    op.drop_table("apps")


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _at(name: str, *, nullable: bool) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)
