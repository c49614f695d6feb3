"""What a page says of itself to those who link to it: OpenGraph (ogp.me, read 2026-11-22), else its title.

Read in the worker process, from the beginning of a page that a stranger wrote.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from engine.content.html import absolute, too_deep
from engine.content.prose import one_line
from engine.errors import RejectedError
from engine.model.text import fit

if TYPE_CHECKING:
    from collections.abc import Iterable

READ_BYTES: Final = 500_000
"""What describes a page stands at its beginning."""

TITLE_MOST: Final = 300
DESCRIPTION_MOST: Final = 1_000

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_BODY: Final = re.compile(r"<body[\s>]", re.IGNORECASE)
_HEAD_BYTES: Final = 4_096
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page's title, and where it has them its description and its picture; `url` is what it calls its own address."""

    url: str
    title: str
    description: str = ""
    image_url: str | None = None


def read_card(body: bytes, content_type: str, url: str) -> PageCard:
    """Return the card of the page that was found at that address.

    Raise RejectedError, in a sentence, with the code `no_page` for what is none, and `no_card` for one without a title.
    """
    declared = Message()
    declared["content-type"] = content_type
    if content_type and declared.get_content_type() not in _PAGES:
        raise RejectedError(f"It is no web page but {declared.get_content_type()[:60]}.", code="no_page")
    tree = _tree(decoded(body[:READ_BYTES], declared.get_content_charset()))
    said: dict[str, str] = {}
    for meta in tree.css("meta"):
        about = meta.attributes
        name = (about.get("property") or about.get("name") or "").strip().lower()
        said.setdefault(name, one_line(about.get("content") or ""))
    heading = tree.css_first("title")
    title = _first(said, "og:title", "twitter:title") or one_line(heading.text() if heading else "")
    if not title:
        raise RejectedError("The page says nothing of itself.", code="no_card")
    base = tree.css_first("base[href]")
    seat = (absolute(base.attributes.get("href"), url) if base else None) or url
    picture = _first(said, "og:image:secure_url", "og:image", "og:image:url", "twitter:image")
    links = {(link.attributes.get("rel") or "").lower(): link.attributes.get("href") for link in tree.css("link[rel]")}
    return PageCard(
        url=_own_address(url, (links.get("canonical"), said.get("og:url"))),
        title=fit(title, TITLE_MOST),
        description=fit(_first(said, "og:description", "twitter:description", "description"), DESCRIPTION_MOST),
        image_url=absolute(picture, seat),
    )


def decoded(body: bytes, declared: str | None) -> str:
    """Return a page's text: bytes that are UTF-8 are that, whatever the server or the page says of them."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, errors="replace")
    found = _CHARSET.search(body, 0, _HEAD_BYTES)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body)  # the last character may be cut
    except UnicodeDecodeError:
        named = declared or (found.group(1).decode("ascii") if found else "")
    try:
        return body.decode(named or "cp1252", errors="replace")
    except (LookupError, UnicodeError, ValueError):
        return body.decode("cp1252", errors="replace")


def _tree(page: str) -> LexborHTMLParser:
    found = _BODY.search(page) if too_deep(page) else None
    page = page[: found.start()] if found else page
    if too_deep(page):
        raise RejectedError("The page is nested more deeply than any page.", code="no_page")
    return LexborHTMLParser(page)


def _first(said: dict[str, str], *names: str) -> str:
    return next((said[name] for name in names if said.get(name)), "")


def _own_address(url: str, claims: Iterable[str | None]) -> str:
    """Return the address that the page gives itself, where that is one of the same site: it speaks for no other."""
    for claim in claims:
        own = absolute(claim, url)
        if own and _site(own) == _site(url):
            return own
    return url


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
