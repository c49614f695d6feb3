"""Lists that were narrowed to what few rows have read all of a workspace's rows: each has its index now.

Revision 0016.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_holds_post": ("holds", ["workspace_id", "post_id"]),
    "ix_mails_list": ("mails", ["workspace_id", "id"]),
    "ix_operations_kind": ("operations", ["workspace_id", "kind", "id"]),
    "ix_webhook_calls_state": ("webhook_calls", ["workspace_id", "webhook_id", "state", "id"]),
    "ix_audit_kind": ("audit", ["workspace_id", "object_kind", "id"]),
    "ix_audit_name": ("audit", ["workspace_id", "object_name", "id"]),
}


def upgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
