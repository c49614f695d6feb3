"""The record of who changed what: rows are added to it, and never changed.

Revision 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_list": ["workspace_id", "id"],
    "ix_audit_by": ["workspace_id", "by", "id"],
    "ix_audit_what": ["workspace_id", "what", "id"],
    "ix_audit_at": ["at"],
}
_CHANGED = "The audit log is only added to."
_EARLY = "The audit log is kept: its rows go with their workspace, or when they are too old."
# What lets a row go: nobody is left whom it belongs to, or retention has said until when rows are given up.
_LIVES = "OLD.workspace_id = '' OR EXISTS (SELECT 1 FROM workspaces w WHERE w.id = OLD.workspace_id)"
_OVER = "EXISTS (SELECT 1 FROM instance i WHERE i.key = 'audit_given_up_until' AND {moment} > OLD.at)"


def upgrade() -> None:
    op.create_table(
        "audit",
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("workspace_id", "id")),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("user_id", sa.String(32)),
        sa.Column("face", sa.String(8), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("object_kind", "object_name", "before", "given")),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "audit", columns)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    condition = f"({_LIVES}) AND NOT {_OVER.format(moment='i.value')}"
    op.execute(f"CREATE TRIGGER audit_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_CHANGED}'); END")
    op.execute(
        f"CREATE TRIGGER audit_gone BEFORE DELETE ON audit WHEN {condition} BEGIN SELECT RAISE(ABORT, '{_EARLY}'); END"
    )


def _guard_postgresql() -> None:
    condition = f"({_LIVES}) AND NOT {_OVER.format(moment='CAST(i.value AS timestamptz)')}"
    refused = f"RAISE EXCEPTION '{_CHANGED}'"
    kept = f"IF {condition} THEN RAISE EXCEPTION '{_EARLY}'; END IF; RETURN OLD"
    for name, when, body in (
        ("audit_changed", "BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT", refused),
        ("audit_gone", "BEFORE DELETE ON audit FOR EACH ROW", kept),
    ):
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$")
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("audit_changed", "audit_gone"):
            op.execute(f"DROP FUNCTION {name}()")
