"""Hubs that tell when a feed changes, and secrets of those who wake a source.

Revision 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_DUE = "next_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("sources", sa.Column("hook", sa.Text))
    op.create_table(
        "hubs",
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("workspace_id", "id", "source_id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("url", "topic", "sealed")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        *(_at(name) for name in ("next_at", "lease_until")),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "source_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"], ["sources.workspace_id", "sources.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("ix_hubs_due", "hubs", ["next_at"], sqlite_where=sa.text(_DUE), postgresql_where=sa.text(_DUE))


def downgrade() -> None:
    op.drop_table("hubs")
    op.drop_column("sources", "hook")


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)
