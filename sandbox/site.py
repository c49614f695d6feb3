"""The pages of the company whose feeds these are: its front page, which names its feeds, and one for each entry."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from sandbox.formats import TYPES

if TYPE_CHECKING:
    from sandbox.feeds import Entry, Feed

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"

_SAYS = 160
_STYLE = """<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>
:root { color-scheme: light dark; } body { font: 17px/1.6 Georgia, serif; max-width: 42rem; margin: 3rem auto;
padding: 0 1.25rem; } img { max-width: 100%; border-radius: .5rem; } time { opacity: .7; }</style>"""


def front_page(feed: Feed) -> str:
    """Return the page that a reader would subscribe to."""
    feeds = "".join(
        f'<link rel="alternate" type="{kind.split(";")[0]}" title="{escape(feed.title)}" href="{name}">'
        for name, kind in TYPES.items()
    )
    entries = "".join(
        f'<li><a href="{escape(entry.link)}">{escape(entry.title or plain(entry.html)[:80])}</a>'
        f" <time>{entry.at:%Y-%m-%d %H:%M}</time></li>"
        for entry in feed.newest()
    )
    title = escape(feed.title)
    return f"<!doctype html><title>{title}</title>{_STYLE}{feeds}<h1>{title}</h1><ul>{entries}</ul>"


def entry_page(feed: Feed, entry: Entry) -> str:
    """Return an entry's own page, with the card that links to it would show."""
    title = escape(entry.title or feed.title)
    image, card = "", f'<base href="/feeds/{feed.name}/"><meta property="og:title" content="{title}">'
    card += f'<meta property="og:description" content="{escape(plain(entry.html)[:_SAYS])}">'
    if entry.image:
        image = f'<p><img src="{escape(entry.image)}" alt="{escape(entry.image_alt)}"></p>'
        card += f'<meta property="og:image" content="{escape(entry.image)}">'
    return f"<!doctype html><title>{title}</title>{_STYLE}{card}<h1>{title}</h1>{image}{entry.html}"


def plain(html: str) -> str:
    """Return the words of an entry, for people to glance at."""
    broken = re.sub(r"<(?:br|/p|/li)[^>]*>", "\n", html)
    return unescape(re.sub(r"<[^>]+>", "", broken)).strip()
