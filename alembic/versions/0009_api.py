"""What the API keeps, what looking for a held post found, and short links with how often they were followed.

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
    op.add_column("holds", sa.Column("look", sa.Text, nullable=False, server_default=""))
    _short_links()


def _short_links() -> None:
    op.create_table(
        "short_links",
        *(_id(name) for name in ("workspace_id", "id")),
        sa.Column("code", sa.String(16), nullable=False),
        *(_id(name) for name in ("post_id", "mapping_id")),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("workspace_id", "post_id", "mapping_id", "address"),
        _to("posts", "post_id"),
    )
    op.create_table(
        "clicks",
        *(_id(name) for name in ("workspace_id", "short_link_id")),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("short_link_id", "day", "workspace_id"),
        _to("short_links", "short_link_id"),
    )


def downgrade() -> None:
    op.drop_table("clicks")
    op.drop_table("short_links")
    op.drop_column("holds", "look")


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)


def _to(target: str, column: str) -> sa.ForeignKeyConstraint:
    """Refer to a row of the same workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{target}.workspace_id", f"{target}.id"], ondelete="CASCADE"
    )
