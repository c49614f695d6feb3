"""Which hub a feed names (WebSub, a W3C recommendation of 23 January 2018, section 4: headers before the document).

A `Link` header or the document has `rel=hub`, who tells of news, and `rel=self`, what the hub calls the feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from engine.content.html import absolute
from engine.contract.source import NOBODY, Hub

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER_MOST: Final = 8_000
_LINK: Final = regex.compile(r"<([^<>]*+)>([^<]*+)")
_REL: Final = regex.compile(r";\s*+rel\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;,\"]++))", regex.IGNORECASE)


def hub_of(links: Iterable[tuple[str, str]], base: str) -> Hub:
    """Return the first hub and the first address of its own that a document names by `(rel, address)` pairs. Pure."""
    found = {"hub": "", "self": ""}
    for rel, place in links:
        for word in rel.lower().split():
            if word in found and not found[word]:
                found[word] = absolute(place, base) or ""
    return Hub(found["hub"], found["self"])


def hub_of_header(header: str, base: str) -> Hub:
    """Return the hub that a `Link` header names (RFC 8288). Pure."""
    pairs = _LINK.findall(header[:HEADER_MOST])
    return hub_of(((rel[1] or rel[2], place) for place, rest in pairs if (rel := _REL.search(rest))), base)


def chosen(header: Hub, document: Hub, url: str) -> Hub:
    """Return the hub to ask, and what it calls the feed: the feed's address, where nothing else is said. Pure."""
    hub = header.url or document.url
    return Hub(hub, header.topic or document.topic or url) if hub else NOBODY
