"""Each feed in golden/ gives exactly the posts beside it. A new pair of files is a new test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.feed.parsing import Document, Wish, read_feed

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
FEEDS = sorted(path for path in GOLDEN.iterdir() if not path.name.endswith(".posts.json"))
TYPES = {".xml": "text/xml", ".json": "application/feed+json"}


def posts_of(path: Path) -> list[dict[str, object]]:
    document = Document(path.read_bytes(), TYPES[path.suffix], f"https://feeds.example/{path.name}")
    parsed = read_feed(document, Wish(50, "summary", NOW), ())
    return [post.model_dump(mode="json", exclude_defaults=True) for post in parsed.posts]


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_feed_gives_the_posts_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".posts.json").read_text("utf-8"))
    assert posts_of(path) == expected


def test_every_expectation_has_its_feed() -> None:
    stems = {path.stem for path in FEEDS}
    assert {path.name.removesuffix(".posts.json") for path in GOLDEN.glob("*.posts.json")} == stems
    assert len(stems) >= 15


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_document_read_again_gives_the_same_keys(path: Path) -> None:
    document = Document(path.read_bytes(), TYPES[path.suffix], f"https://feeds.example/{path.name}")
    first = read_feed(document, Wish(50, "summary", NOW), ())
    again = read_feed(document, Wish(50, "summary", NOW), first.memory)
    assert [post.key for post in again.posts] == [post.key for post in first.posts]
    assert [post.content_hash for post in again.posts] == [post.content_hash for post in first.posts]
    assert again.memory == first.memory
