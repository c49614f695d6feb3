"""What happens to a document that a server gave: in the worker process, since anybody may have written it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from selectolax.lexbor import LexborHTMLParser

from connectors.feed.entry import Entry, TextChoice, to_post
from connectors.feed.identity import Known, keyed, remembered
from connectors.feed.json_feed import read_json_feed
from connectors.feed.xml_feed import read_xml_feed
from engine.content.documents import Unreadable
from engine.content.html import absolute
from engine.contract.source import NOBODY, Hub
from engine.errors import RejectedError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.model.post import Post

NOT_A_FEED: Final = "not_a_feed"
_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_PAGE: Final = (b"<!doctype html", b"<html", b"<head", b"<body")
_LOOKED_AT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """An answer with a body: its declared type, and the address that gave it in the end."""

    body: bytes
    content_type: str
    url: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a feed: at most so many posts, the newest, with which words; `now` bounds their dates."""

    limit: int
    text: TextChoice
    now: datetime


@dataclass(frozen=True, slots=True)
class Parsed:
    """A feed's posts, oldest first, and what to remember of its entries; or the feed's address that a page names."""

    posts: tuple[Post, ...] = ()
    memory: tuple[Known, ...] = ()
    window: int = 0
    note: str = ""
    feed_url: str | None = None
    hub: Hub = NOBODY


def read_feed(document: Document, wish: Wish, memory: tuple[Known, ...]) -> Parsed:
    """Turn a document into posts. The same document, wish and memory always give the same posts.

    Raises RejectedError with the code `not_a_feed`, in a sentence that says what it is instead.
    """
    body = document.body.lstrip()
    if not body:
        raise RejectedError("The server answered with an empty document.", code=NOT_A_FEED)
    if body.startswith((b"{", b"[", b"\xef\xbb\xbf{")):
        feed = read_json_feed(body, document.url)
    elif _is_page(body):
        return Parsed(feed_url=_feed_of_page(document))
    else:
        feed = read_xml_feed(document.body, document.content_type, document.url)
    if isinstance(feed, Unreadable):
        raise RejectedError(f"The document at this address {feed.reason}.", code=NOT_A_FEED)
    entries = _oldest_first([entry for entry in feed.entries if not entry.is_empty])[-wish.limit :]
    pairs = keyed(entries, memory)
    posts = tuple(to_post(entry, key=one.key, choice=wish.text, site=feed.site, now=wish.now) for entry, one in pairs)
    kept = tuple(remembered([one for _, one in pairs], memory))
    return Parsed(posts, kept, window=len(pairs), note=feed.note, hub=feed.hub)


def _oldest_first(entries: list[Entry]) -> list[Entry]:
    """Order by time where every entry has one; else trust that a feed shows the newest first."""
    backwards = entries[::-1]
    times = [entry.published_at for entry in backwards]
    if all(time is not None for time in times):
        backwards.sort(key=lambda entry: entry.published_at.timestamp() if entry.published_at else 0.0)
    return backwards


def _is_page(body: bytes) -> bool:
    start = body[:_LOOKED_AT].lower()
    return any(sign in start for sign in _PAGE) and b"<rss" not in start and b"<feed" not in start


def _feed_of_page(document: Document) -> str:
    """Return the address of the feed that a page names; of several, the first that is not for comments."""
    tree = LexborHTMLParser(document.body.decode("utf-8", "replace"))
    base = tree.css_first("base[href]")
    origin = absolute(base.attributes.get("href"), document.url) if base is not None else None
    links = (
        (link.attributes.get("href"), link.attributes.get("title") or "")
        for link in tree.css("link[rel~=alternate][href]")
        if (link.attributes.get("type") or "").strip().lower() in _FEED_TYPES
    )
    found = [(url, title) for href, title in links if (url := absolute(href, origin or document.url))]
    if not found:
        message = (
            "At this address there is a web page that names no feed. Look for the feed's own address on the site, "
            "often /feed, /rss or /atom.xml, and write that."
        )
        raise RejectedError(message, code=NOT_A_FEED)
    return next((url for url, title in found if not _is_for_comments(url, title)), found[0][0])


def _is_for_comments(url: str, title: str) -> bool:
    return any(word in f"{url} {title}".lower() for word in ("comment", "kommentar", "comentario"))
