"""The tables of short links: what a code stands for, and how often it was followed on each day."""

from __future__ import annotations

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint

from engine.store.columns import Instant, identity, key, table, to

short_links = table(
    "short_links",
    *key(),
    Column("code", String(16), nullable=False),
    identity("post_id"),
    identity("mapping_id"),
    Column("address", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("code"),
    UniqueConstraint("workspace_id", "post_id", "mapping_id", "address"),
    to("posts", "post_id"),
)

clicks = table(
    "clicks",
    identity("short_link_id"),
    Column("day", String(10), nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("short_link_id", "day", "workspace_id"),
    to("short_links", "short_link_id"),
)
