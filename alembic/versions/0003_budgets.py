"""What a platform, an app or a workspace may still do in a window, and which routes a first run asked for.

Revision 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_windows",
        sa.Column("workspace_id", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("cap", sa.BigInteger, nullable=True),
        _at("starts_at"),
        _at("ends_at"),
        sa.PrimaryKeyConstraint("workspace_id", "scope", "key", "name"),
    )
    money = sa.text("name = 'money'")
    op.create_index(
        "ix_budget_windows_money", "budget_windows", ["ends_at"], postgresql_where=money, sqlite_where=money
    )
    op.add_column("routes", sa.Column("first_run", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("routes", "first_run")
    op.drop_table("budget_windows")


def _at(name: str) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False)
