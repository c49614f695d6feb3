"""The tables of posts: what sources gave, how it was worded before, and what was made of several."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint

from engine.store.columns import Instant, identity, key, partial, table, to

posts = table(
    "posts",
    *key(),
    identity("source_id"),
    Column("key", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("content_hash", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("permalink", Text),
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("published_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("doubt_since", Instant),
    Column("doubt_round", Integer, nullable=False, server_default="0"),
    UniqueConstraint("source_id", "key"),
    partial("ix_posts_state", "state", "id", where="state IN ('new', 'held')"),
    Index("ix_posts_source", "workspace_id", "source_id", "id"),
    Index("ix_posts_states", "workspace_id", "state", "id"),
    Index("ix_posts_seen", "workspace_id", "source_id", "seen_at"),
    to("sources", "source_id"),
)

post_revisions = table(
    "post_revisions",
    *key(),
    identity("post_id"),
    Column("revision", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("post_id", "revision"),
    to("posts", "post_id"),
)

post_parents = table(
    "post_parents",
    identity("post_id"),
    Column("nth", Integer, nullable=False),
    identity("parent_id"),
    PrimaryKeyConstraint("post_id", "nth", "workspace_id"),
    Index("ix_post_parents_parent", "workspace_id", "parent_id"),
    to("posts", "post_id"),
    to("posts", "parent_id"),
)
