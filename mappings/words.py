"""A post's words as conditions look at them: folded, so that case and look-alike letters do not count.

A post comes by many conditions, so the last answers are kept; posts are walked one by one.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from engine.model.text import hashtags_in, links_in, measure

if TYPE_CHECKING:
    from engine.model.post import Post

_KEPT: Final = 32


@lru_cache(_KEPT)
def composed(text: str) -> str:
    """Return a text in NFKC: full-width, composed and compatible letters are the same."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(_KEPT)
def folded(text: str) -> str:
    """Return a text in NFKC with its case folded: `É`, `é` and `E` with an accent behind it are the same."""
    return unicodedata.normalize("NFKC", composed(text).casefold())


@lru_cache(_KEPT)
def encoded(text: str) -> bytes:
    """Return a composed text as RE2 reads it."""
    return composed(text).encode(errors="replace")


@lru_cache(_KEPT)
def length_of(text: str) -> int:
    """Return how many characters a reader counts."""
    return measure(text, "graphemes")


def folded_tag(tag: str) -> str:
    """Return a hashtag without its sign, folded."""
    return folded(tag.lstrip("#＃"))


@lru_cache(_KEPT)
def _tags_in(text: str) -> frozenset[str]:
    if "#" not in text and "＃" not in text:
        return frozenset()
    return frozenset(map(folded_tag, hashtags_in(text)))


def tags_of(post: Post) -> frozenset[str]:
    """Return the folded hashtags of a post: those that its source names, and those in its text."""
    return _tags(post.text, post.hashtags) if post.hashtags else _tags_in(post.text)


@lru_cache(_KEPT)
def _tags(text: str, named: tuple[str, ...]) -> frozenset[str]:
    return _tags_in(text).union(map(folded_tag, named))


@lru_cache(_KEPT)
def _hosts_in(text: str) -> frozenset[str]:
    return frozenset(map(_host, links_in(text))) if "://" in text else frozenset()


def hosts_of(post: Post) -> frozenset[str]:
    """Return the hosts of the addresses that a post points to, in its links and in its text; not of its permalink."""
    return _hosts_in(post.text).union(_host(link.url) for link in post.links)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # an address that no browser would follow, such as https://[
        return ""
