"""The queue that several processes share, on PostgreSQL alone: its tables are those that PgQueuer declares.

Revision 0013.
"""

from __future__ import annotations

from typing import Any

from alembic import op

from engine.dispatch import schema

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run(schema.install())


def downgrade() -> None:
    _run(schema.uninstall())


def _run(statements: str) -> None:
    """Run several statements at once, in the transaction of the migration: only the driver itself takes them so."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        adapted: Any = bind.connection.dbapi_connection
        adapted.run_async(lambda connection: connection.execute(statements))
