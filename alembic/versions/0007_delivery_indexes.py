"""Fewer indexes that a delivery enters and leaves on its way out.

Revision 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = ["workspace_id", "state", "due_at"]


def upgrade() -> None:
    for name in ("ix_deliveries_open", "ix_deliveries_out", "ix_deliveries_sending"):
        op.drop_index(name, "deliveries")
    op.create_index("ix_deliveries_content", "deliveries", ["content_id"])
    _partial("ix_deliveries_maybe_out", ["account_id"], where="state IN ('sending', 'doubtful', 'check_needed')")
    _partial("ix_deliveries_open", OPEN, where="state IN ('waiting', 'blocked', 'check_needed')")


def downgrade() -> None:
    for name in ("ix_deliveries_open", "ix_deliveries_maybe_out", "ix_deliveries_content"):
        op.drop_index(name, "deliveries")
    _partial("ix_deliveries_sending", ["account_id"], where="state = 'sending'")
    _partial("ix_deliveries_out", ["content_id"], where="state IN ('sending', 'doubtful', 'check_needed', 'sent')")
    _partial("ix_deliveries_open", OPEN, where="state IN ('waiting', 'blocked', 'sending', 'check_needed')")


def _partial(name: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "deliveries", columns, postgresql_where=condition, sqlite_where=condition)
