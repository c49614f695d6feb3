"""One feed in three formats: RSS 2.0, Atom 1.0 and JSON Feed 1.1, each with the habits that real ones have.

RSS has CDATA, entities, enclosures and relative links in its HTML; Atom escapes its HTML and gives an `xml:base`; JSON
Feed gives attachments.
"""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from sandbox.feeds import Entry, Feed

TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}


def render(feed: Feed, form: str, base: str) -> bytes:
    """Return the feed in one of `TYPES`; `base` is the address of the feed's folder, with its slash."""
    return {"rss.xml": _rss, "atom.xml": _atom, "feed.json": _json}[form](feed, base).encode()


def _rss(feed: Feed, base: str) -> str:
    items = "\n".join(_item(entry, base) for entry in feed.newest())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" \
xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{escape(feed.title)}</title>
<link>{escape(base)}</link>
<description>{escape(feed.title)}</description>
<language>fr</language>
<atom:link href="{escape(base)}rss.xml" rel="self" type="application/rss+xml"/>
{items}
</channel>
</rss>
"""


def _item(entry: Entry, base: str) -> str:
    image = ""
    if entry.image:
        url = escape(urljoin(base, entry.image))
        image = f"""<enclosure url="{url}" length="0" type="image/png"/>
<media:content url="{url}" medium="image" type="image/png">\
<media:description>{escape(entry.image_alt)}</media:description></media:content>
"""
    tags = "".join(f"<category>{escape(tag)}</category>" for tag in entry.tags)
    return f"""<item>
<title>{_numeric(entry.title)}</title>
<link>{escape(urljoin(base, entry.link))}</link>
<guid isPermaLink="false">{escape(entry.key)}</guid>
<pubDate>{format_datetime(entry.at)}</pubDate>
<dc:creator><![CDATA[{_cdata(entry.author)}]]></dc:creator>
{tags}
<content:encoded><![CDATA[{_cdata(entry.html)}]]></content:encoded>
{image}</item>"""


def _atom(feed: Feed, base: str) -> str:
    entries = feed.newest()
    updated = max((entry.changed_at for entry in entries), default=None)
    written = "\n".join(_entry(entry, base) for entry in entries)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{escape(base)}">
<title>{escape(feed.title)}</title>
<id>{escape(base)}</id>
<link rel="self" href="atom.xml"/>
<link href="{escape(base)}"/>
<updated>{updated.isoformat() if updated else "2026-01-01T00:00:00+00:00"}</updated>
{written}
</feed>
"""


def _entry(entry: Entry, base: str) -> str:
    image = f'<link rel="enclosure" type="image/png" href="{escape(entry.image)}"/>\n' if entry.image else ""
    tags = "".join(f'<category term="{escape(tag)}"/>' for tag in entry.tags)
    language = f' xml:lang="{entry.language}"' if entry.language else ""
    return f"""<entry{language}>
<title type="html">{escape(escape(entry.title, quote=False))}</title>
<id>{escape(entry.key)}</id>
<link rel="alternate" href="{escape(urljoin(base, entry.link))}"/>
<published>{entry.at.isoformat()}</published>
<updated>{entry.changed_at.isoformat()}</updated>
<author><name>{escape(entry.author or "Acme")}</name></author>
{tags}
<content type="html">{escape(entry.html)}</content>
{image}</entry>"""


def _json(feed: Feed, base: str) -> str:
    items = [_json_item(entry, base) for entry in feed.newest()]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": base,
        "feed_url": f"{base}feed.json",
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(entry: Entry, base: str) -> dict[str, Any]:
    image = urljoin(base, entry.image) if entry.image else ""
    item = {
        "id": entry.key,
        "url": urljoin(base, entry.link),
        "title": entry.title,
        "content_html": entry.html,
        "image": image,
        "date_published": entry.at.isoformat(),
        "date_modified": entry.changed_at.isoformat(),
        "authors": [{"name": entry.author}] if entry.author else [],
        "language": entry.language,
        "tags": list(entry.tags),
        "attachments": [{"url": image, "mime_type": "image/png", "title": entry.image_alt}] if image else [],
    }
    return {name: value for name, value in item.items() if value}


def _numeric(text: str) -> str:
    """Escape a title as many blogs do: what is not ASCII punctuation stays, quotes become numbers."""
    return escape(text, quote=False).replace("’", "&#8217;").replace('"', "&#34;").replace("–", "&#8211;")


def _cdata(text: str) -> str:
    """Split what would end the section."""
    return text.replace("]]>", "]]]]><![CDATA[>")
