"""Who may use the API, mails that wait, what looking for a held post found, links, comments, and what happened.

Revision 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_LISTED = ("deliveries", "posts")


def upgrade() -> None:
    op.add_column("holds", sa.Column("look", sa.Text, nullable=False, server_default=""))
    _short_links()
    _comments()
    _mails()
    _users()
    _signing_in()
    op.add_column("workspaces", _at("suspended_at"))
    _events()
    _operations()
    _webhooks()
    _answers()
    _lists()


def _answers() -> None:
    op.create_table(
        "idempotency_keys",
        *(_id(name) for name in ("workspace_id", "user_id")),
        sa.Column("key", sa.String(255), nullable=False),
        _hash("request_hash"),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text, nullable=False, server_default="[]"),
        sa.Column("body", sa.LargeBinary),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "key"),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created_at"])


def _lists() -> None:
    """Lists are read page by page, newest first."""
    for table in _LISTED:
        op.create_index(f"ix_{table}_states", table, ["workspace_id", "state", "id"])
    op.create_index("ix_posts_source", "posts", ["workspace_id", "source_id", "id"])


def _short_links() -> None:
    op.create_table(
        "short_links",
        *(_id(name) for name in ("workspace_id", "id")),
        sa.Column("code", sa.String(16), nullable=False),
        *(_id(name) for name in ("post_id", "mapping_id")),
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


def _comments() -> None:
    op.create_table(
        "comments",
        *(_id(name) for name in ("workspace_id", "delivery_id", "account_id")),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text) for name in ("remote_id", "url")),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        *(_at(name) for name in ("due_at", "started_at")),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "workspace_id"),
        _to("deliveries", "delivery_id"),
    )
    _partial("ix_comments_due", "comments", "account_id", "due_at", where="due_at IS NOT NULL")


def _mails() -> None:
    """Mails wait in an outbox, and a delivery that somebody is told of knows its mail."""
    op.create_table(
        "mails",
        *(_id(name) for name in ("workspace_id", "id")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        _id("person_id", nullable=True),
        sa.Column("address", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("name", "document")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        *(_at(name, nullable=False) for name in ("due_at", "until")),
        *(_at(name) for name in ("lease_until", "sent_at")),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "key"),
        _to("people", "person_id"),
    )
    _partial("ix_mails_due", "mails", "due_at", where="state = 'waiting'")
    op.create_index("ix_mails_person", "mails", ["workspace_id", "person_id"])
    op.add_column("people", sa.Column("mailed", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("deliveries", _id("mail_id", nullable=True))
    op.add_column("deliveries", _at("told_at"))
    _partial("ix_deliveries_telling", "deliveries", "due_at", where="state = 'waiting' AND reason = 'telling'")
    _partial("ix_deliveries_mail", "deliveries", "mail_id", where="mail_id IS NOT NULL")
    unasked = "state = 'waiting' AND reason = 'approval' AND mail_id IS NULL"
    _partial("ix_deliveries_asking", "deliveries", "updated_at", where=unasked)


def _users() -> None:
    op.create_table(
        "users",
        *(_id(name) for name in ("workspace_id", "id")),
        *(_text(name) for name in ("name", "email")),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("admin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(16), nullable=False, server_default="active"),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "memberships",
        _id("workspace_id"),
        _id("user_id"),
        sa.Column("role", sa.String(16), nullable=False),
        _id("person_id", nullable=True),
        _at("created_at", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("ix_memberships_user", "memberships", ["user_id"])
    op.create_table(
        "api_keys",
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _text("name"),
        sa.Column("prefix", sa.String(32), nullable=False),
        _hash("hash"),
        _text("scopes"),
        _at("created_at", nullable=False),
        *(_at(name) for name in ("expires_at", "last_used_at", "revoked_at")),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_api_keys_user", "api_keys", ["user_id"])


def _signing_in() -> None:
    op.create_table(
        "sessions",
        _id("workspace_id"),
        _hash("hash"),
        _id("user_id"),
        sa.Column("how", sa.String(16), nullable=False),
        *(_at(name, nullable=False) for name in ("created_at", "seen_at", "expires_at")),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "login_codes",
        _id("workspace_id"),
        _hash("hash"),
        _id("user_id"),
        _hash("code_hash"),
        sa.Column("tries_left", sa.Integer, nullable=False),
        _at("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    for name in ("sessions", "login_codes"):
        op.create_index(f"ix_{name}_user", name, ["user_id"])
        op.create_index(f"ix_{name}_expires", name, ["expires_at"])
    op.create_table(
        "login_tries",
        _id("workspace_id"),
        _hash("hash"),
        sa.Column("failures", sa.Integer, nullable=False),
        _at("last_at", nullable=False),
        _at("until", nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_login_tries_last", "login_tries", ["last_at"])


def _events() -> None:
    """Keep what happened. On PostgreSQL `tx` tells a reader which rows can have none before them any more."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "events",
        _id("workspace_id"),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("tx", sa.BigInteger, nullable=False, server_default=sa.text(_TRANSACTION if postgresql else "0")),
        sa.Column("kind", sa.String(32), nullable=False),
        _at("at", nullable=False),
        _id("mapping_id", nullable=True),
        sa.Column("node", sa.Text, nullable=False, server_default=""),
        *(_id(name, nullable=True) for name in ("account_id", "post_id", "delivery_id")),
        sa.Column("document", sa.Text, nullable=False, server_default="{}"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_place", "events", ["tx", "seq"])
    for name, (table, moment, condition, columns, values, said) in _TOLD.items():
        pairs = ", ".join(f"'{key}', {value}" for key, value in said.items())
        document = f"json_build_object({pairs})::text" if postgresql else f"json_object({pairs})"
        row = f"(workspace_id, {columns}, document) VALUES (NEW.workspace_id, {values}, {document})"
        head = f"CREATE TRIGGER tell_{name} AFTER {moment} ON {table} FOR EACH ROW"
        if postgresql:
            body = f"BEGIN INSERT INTO events {row}; RETURN NULL; END"
            op.execute(f"CREATE FUNCTION tell_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
            op.execute(f"{head} WHEN ({condition}) EXECUTE FUNCTION tell_{name}()")
        else:
            op.execute(f"{head} WHEN {condition} BEGIN INSERT INTO events {row}; END")


_TRANSACTION = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
_OF_DELIVERY = (
    "kind, at, mapping_id, node, account_id, post_id, delivery_id",
    (
        "CASE WHEN NEW.state = 'waiting' AND NEW.reason = 'approval' THEN 'approval.wanted'"
        " ELSE 'delivery.' || NEW.state END,"
        " NEW.updated_at, NEW.mapping_id, NEW.sink, NEW.account_id, NEW.post_id, NEW.id"
    ),
    {"reason": "NEW.reason", "detail": "NEW.detail", "url": "NEW.url"},
)
_OF_HOLD = (
    "kind, at, mapping_id, node, post_id",
    "'approval.wanted', NEW.since, NEW.mapping_id, NEW.node, NEW.post_id",
    {"hold": "NEW.id", "detail": "NEW.reason"},
)
# What writes an event by itself, whichever statement makes the change: table, when, and what it says.
_TOLD = {
    "delivery": (
        "deliveries",
        "UPDATE OF state",
        "NEW.state <> OLD.state AND NEW.state <> 'sending' AND NOT (NEW.state = 'planned' AND OLD.state = 'sending')",
        *_OF_DELIVERY,
    ),
    "waiting_delivery": ("deliveries", "INSERT", "NEW.state IN ('waiting', 'blocked')", *_OF_DELIVERY),
    "post": (
        "posts",
        "INSERT",
        "NEW.state IN ('new', 'held')",
        "kind, at, post_id",
        "CASE NEW.state WHEN 'new' THEN 'post.came_in' ELSE 'post.held' END, NEW.seen_at, NEW.id",
        {"source": "NEW.source_id", "detail": "NEW.reason", "url": "NEW.permalink"},
    ),
    "approval": ("holds", "INSERT", "NEW.state = 'held' AND NEW.verdict = 'wanted'", *_OF_HOLD),
    "approval_asked": (
        "holds",
        "UPDATE OF verdict",
        "NEW.verdict <> OLD.verdict AND NEW.state = 'held' AND NEW.verdict = 'wanted'",
        *_OF_HOLD,
    ),
    "decision": (
        "holds",
        "UPDATE OF decided_at",
        "NEW.verdict <> OLD.verdict AND NEW.verdict <> 'wanted' AND NEW.decided_at IS NOT NULL",
        "kind, at, mapping_id, node, post_id",
        "'approval.decided', NEW.decided_at, NEW.mapping_id, NEW.node, NEW.post_id",
        {"hold": "NEW.id", "verdict": "NEW.verdict", "detail": "NEW.reason"},
    ),
    "source": (
        "sources",
        "UPDATE OF state",
        "NEW.state <> OLD.state",
        "kind, at",
        "'source.' || NEW.state, coalesce(NEW.last_poll_at, NEW.created_at)",
        {"source": "NEW.id", "name": "NEW.name", "detail": "NEW.note"},
    ),
}


def _operations() -> None:
    op.create_table(
        "operations",
        *(_id(name) for name in ("workspace_id", "id")),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("total", sa.Integer),
        sa.Column("sentence", sa.Text, nullable=False, server_default=""),
        *(sa.Column(name, sa.Text) for name in ("result", "error")),
        _text("by"),
        _id("owner"),
        _at("lease_until", nullable=False),
        sa.Column("cancelling", sa.Boolean, nullable=False, server_default=sa.false()),
        _at("started_at", nullable=False),
        _at("ended_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
    )
    op.create_index("ix_operations_workspace", "operations", ["workspace_id", "id"])


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        *(_id(name) for name in ("workspace_id", "id")),
        *(_text(name) for name in ("name", "url", "kinds", "sealed")),
        sa.Column("former", sa.Text),
        _at("former_until"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        _id("cursor"),
        *(_at(name) for name in ("busy_until", "failing_since")),
        *(_at(name, nullable=False) for name in ("created_at", "updated_at")),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "webhook_calls",
        *(_id(name) for name in ("workspace_id", "id", "webhook_id", "event_id")),
        sa.Column("kind", sa.String(32), nullable=False),
        _text("body"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _at("next_at"),
        sa.Column("status", sa.Integer),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        _at("created_at", nullable=False),
        _at("ended_at"),
        sa.PrimaryKeyConstraint("id", "workspace_id"),
        _to("webhooks", "webhook_id"),
    )
    _partial("ix_webhook_calls_due", "webhook_calls", "webhook_id", "next_at", where="next_at IS NOT NULL")
    op.create_index("ix_webhook_calls_webhook", "webhook_calls", ["workspace_id", "webhook_id", "id"])


def downgrade() -> None:
    for name, (table, *_) in _TOLD.items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER tell_{name} ON {table}")
            op.execute(f"DROP FUNCTION tell_{name}()")
        else:
            op.execute(f"DROP TRIGGER tell_{name}")
    for name in ("webhook_calls", "webhooks", "operations", "events"):
        op.drop_table(name)
    op.drop_index("ix_posts_source", "posts")
    for table in _LISTED:
        op.drop_index(f"ix_{table}_states", table)
    op.drop_table("idempotency_keys")
    op.drop_column("workspaces", "suspended_at")
    for name in ("login_tries", "login_codes", "sessions", "api_keys", "memberships", "users"):
        op.drop_table(name)
    for name in ("ix_deliveries_asking", "ix_deliveries_mail", "ix_deliveries_telling"):
        op.drop_index(name, "deliveries")
    for name in ("told_at", "mail_id"):
        op.drop_column("deliveries", name)
    op.drop_column("people", "mailed")
    for name in ("mails", "comments", "clicks", "short_links"):
        op.drop_table(name)
    op.drop_column("holds", "look")


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _hash(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    """Hold a time: SQLite has none of its own and keeps ISO 8601 in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=nullable)


def _to(target: str, column: str) -> sa.ForeignKeyConstraint:
    """Refer to a row of the same workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{target}.workspace_id", f"{target}.id"], ondelete="CASCADE"
    )


def _partial(name: str, table: str, *columns: str, where: str) -> None:
    op.create_index(name, table, [*columns], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
