"""What mappings keep: how often a held post went on and what a person said of it, what was made of several, and git.

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
    _verdicts()
    op.add_column("mapping_versions", sa.Column("made_by", sa.Text, nullable=False, server_default=""))
    _repositories()


def _holds() -> None:
    """A post may go on several times from one node, and each time is a round of its own."""
    for name in ("round", "times"):
        op.add_column("holds", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("holds", _at("last_at"))
    op.execute("UPDATE holds SET times = 1, last_at = ended_at WHERE state = 'released'")
    op.drop_index("ix_holds_history", "holds")
    op.create_index("ix_holds_history", "holds", ["mapping_id", "node", "last_at"])


def _verdicts() -> None:
    """A person decides about a post that waits, and may change it: `revision` counts both."""
    for name in _VERDICT_TEXTS:
        op.add_column("holds", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("holds", sa.Column("verdict", sa.String(16), nullable=False, server_default=""))
    op.add_column("holds", _at("decided_at"))
    op.add_column("holds", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    wanted = sa.text("state = 'held' AND verdict = 'wanted'")
    op.create_index("ix_holds_wanted", "holds", ["workspace_id", "id"], sqlite_where=wanted, postgresql_where=wanted)


def _repositories() -> None:
    """Where mappings are kept in git, what became of each commit, and which mapping is from where."""
    op.create_table(
        "repositories",
        _id("workspace_id"),
        _id("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in _REPOSITORY_TEXTS),
        sa.Column("prune", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("every_s", sa.Integer, nullable=False),
        sa.Column("hook", sa.Text),
        sa.Column("commit_id", sa.String(64), nullable=False, server_default=""),
        _at("next_sync_at", nullable=False),
        _at("syncing_until"),
        _at("last_sync_at"),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "sync_runs",
        _id("workspace_id"),
        _id("id"),
        _id("repository_id"),
        sa.Column("commit_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        _at("at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        _to("repositories", "repository_id"),
    )
    op.create_index("ix_sync_runs_repository", "sync_runs", ["workspace_id", "repository_id", "id"])
    op.create_table(
        "synced_mappings",
        _id("workspace_id"),
        *(_id(name) for name in ("mapping_id", "repository_id", "version_id")),
        sa.Column("commit_id", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False, server_default=sa.false()),
        _at("at", nullable=False),
        sa.PrimaryKeyConstraint("mapping_id", "workspace_id"),
        _to("mappings", "mapping_id"),
        _to("repositories", "repository_id"),
    )
    op.create_index("ix_synced_mappings_repository", "synced_mappings", ["workspace_id", "repository_id"])


_VERDICT_TEXTS = ("note", "decided_by")
_REPOSITORY_TEXTS = ("branch", "path", "values_file", "secret")


def downgrade() -> None:
    for name in ("synced_mappings", "sync_runs", "repositories"):
        op.drop_table(name)
    op.drop_column("mapping_versions", "made_by")
    op.drop_table("post_parents")
    op.drop_index("ix_holds_wanted", "holds")
    for name in (*_VERDICT_TEXTS, "verdict", "decided_at", "revision"):
        op.drop_column("holds", name)
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
