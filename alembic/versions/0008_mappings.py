"""What mappings keep: how often a held post went on, and which posts another one was made of.

Revision 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _holds()
    op.create_table(
        "post_parents",
        _id("workspace_id"),
        _id("post_id"),
        sa.Column("nth", sa.Integer, nullable=False),
        _id("parent_id"),
        sa.PrimaryKeyConstraint("post_id", "nth", "workspace_id"),
        _to("posts", "post_id"),
        _to("posts", "parent_id"),
    )
    op.create_index("ix_post_parents_parent", "post_parents", ["workspace_id", "parent_id"])


def _holds() -> None:
    """A post may go on several times from one node, and each time is a round of its own."""
    for name in ("round", "times"):
        op.add_column("holds", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("holds", _at("last_at"))
    op.execute("UPDATE holds SET times = 1, last_at = ended_at WHERE state = 'released'")
    op.drop_index("ix_holds_history", "holds")
    op.create_index("ix_holds_history", "holds", ["mapping_id", "node", "last_at"])


def downgrade() -> None:
    op.drop_table("post_parents")
    op.drop_index("ix_holds_history", "holds")
    op.create_index("ix_holds_history", "holds", ["mapping_id", "node", "ended_at"])
    for name in ("last_at", "times", "round"):
        op.drop_column("holds", name)


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
