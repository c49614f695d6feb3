"""Posts that may have gone out before a backup was restored: since when, and up to which publication of each.

Revision 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.add_column("posts", sa.Column("doubt_since", _TIME))
    op.add_column("posts", sa.Column("doubt_round", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("posts", "doubt_round")
    op.drop_column("posts", "doubt_since")
