"""A task as parsers are: it returns posts, within a class of its own."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.post import Post


@dataclass(frozen=True, slots=True)
class Found:
    """What a parser would return."""

    title: str
    posts: tuple[Post, ...]


def find(title: str, key: str) -> Found:
    return Found(title, (Post.model_validate_json(f'{{"key": "{key}", "published_at": "2026-03-01T10:00:00+01:00"}}'),))
