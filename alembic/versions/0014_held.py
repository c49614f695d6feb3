"""What is held just now can be counted without looking at what once was.

Revision 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_HELD = sa.text("held_until IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_budgets_held", "budgets", ["held_until", "scope"], postgresql_where=_HELD, sqlite_where=_HELD
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_budgets_held", "budgets")
