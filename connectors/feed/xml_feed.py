"""RSS 0.9x, 1.0, 2.0 and Atom, read by feedparser from bytes alone."""

from __future__ import annotations

import calendar
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import feedparser
import regex

from connectors.feed.entry import Entry, Feed, Words
from connectors.feed.kinds import media_kind
from engine.content.documents import Unreadable
from engine.content.html import absolute, is_web
from engine.content.prose import one_line
from engine.model.post import Author, Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1971, 2200)
_ENTITY: Final = regex.compile(rb"<!ENTITY[^>]*>?")
_ENTITY_MOST: Final = 120
_REACHES: Final = regex.compile(rb"%|SYSTEM|PUBLIC|&[A-Za-z]")
_FIRST_ELEMENT: Final = regex.compile(rb"<\w")
_LAST_TAG: Final = regex.compile(rb"</(?:\w+:)?(?:rss|feed|RDF|channel)\s*>", regex.IGNORECASE)
_MARKUP: Final = frozenset({"text/html", "application/xhtml+xml"})


def read_xml_feed(body: bytes, content_type: str, url: str) -> Feed | Unreadable:
    """Read the document; a broken one gives the entries before the break, with a note."""
    if _is_bomb(body):
        return Unreadable("declares XML entities that grow or reach out, as an attack does")
    # A stream, never bytes or text: feedparser takes those for the name of a file or an address.
    parsed = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": _content_type(body, content_type)},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version:
        return Unreadable("is neither RSS, Atom nor JSON Feed")
    about = parsed.feed
    found = parsed.entries[:-1] if parsed.bozo and _is_cut_off(body) else parsed.entries
    entries = tuple(_entry(entry, about, url) for entry in found)
    return Feed(entries, absolute(about.get("link"), url), _note(parsed, len(entries)))


def _is_bomb(body: bytes) -> bool:
    """Tell whether the prolog declares more than single characters; NULs are those of UTF-16 and UTF-32."""
    start = _FIRST_ELEMENT.search(body)
    head = (body[: start.start()] if start else body[:100_000]).replace(b"\0", b"")
    return any(len(one) > _ENTITY_MOST or _REACHES.search(one) for one in _ENTITY.findall(head))


def _is_cut_off(body: bytes) -> bool:
    """Tell whether the end is missing: the last entry may then be half of one."""
    return _LAST_TAG.search(body[-2_000:].replace(b"\0", b"")) is None


def _content_type(body: bytes, declared: str) -> str:
    """Return the declared type, or one that says UTF-8 where the bytes are beyond doubt UTF-8, whatever is declared."""
    if body.isascii() or b"\0" in body or body.decode("utf-8", "ignore").encode() != body:
        return declared or "application/xml"
    return "application/xml; charset=utf-8"


def _note(parsed: Any, count: int) -> str:
    trouble = parsed.get("bozo_exception")
    if trouble is None or isinstance(trouble, feedparser.exceptions.ThingsNobodyCaresAboutButMe):
        return ""
    reason = one_line(str(trouble).rpartition(">:")[2] or trouble.__class__.__name__)[:200]
    return f"The feed is not well-formed ({reason}); {count} entries could be read."


def _entry(entry: Any, about: Any, url: str) -> Entry:
    link = absolute(entry.get("feedburner_origlink") or entry.get("link"), url) if entry.get("link") else None
    title, summary, content = _title(entry), _summary(entry, url), _content(entry, url)
    return Entry(
        guid=one_line(str(entry.get("id") or "")),
        link=link,
        title=title,
        summary=summary,
        content=content,
        published_at=_time(entry, "published", "updated", "created"),
        updated_at=_time(entry, "updated"),
        author=_author(entry, url) or _author(about, url),
        tags=tuple(tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())),
        media=tuple(_media(entry, link or url)),
        language=_language(entry, about),
    )


def _title(entry: Any) -> Words:
    detail = entry.get("title_detail") or {}
    return Words(str(entry.get("title") or ""), is_html=detail.get("type") in _MARKUP)


def _summary(entry: Any, url: str) -> Words:
    value, detail = str(entry.get("summary") or ""), entry.get("summary_detail") or {}
    # media:description overwrites the detail, not the value: only a detail of this value tells its type.
    plain = detail.get("type") == "text/plain" and detail.get("value") == value
    return Words(value, is_html=not plain, base=_base(detail, entry, url))


def _content(entry: Any, url: str) -> Words:
    parts = [part for part in entry.get("content", ()) if str(part.get("value") or "").strip()]
    parts.sort(key=lambda part: part.get("type") not in _MARKUP)
    if not parts:
        return Words()
    return Words(str(parts[0]["value"]), is_html=parts[0].get("type") != "text/plain", base=_base(parts[0], entry, url))


def _base(detail: Mapping[str, Any], entry: Any, url: str) -> str:
    stated = str(detail.get("base") or "")
    return stated if is_web(stated) else absolute(entry.get("link"), url) or url


def _time(entry: Any, *names: str) -> datetime | None:
    for name in names:
        parts = entry.get(f"{name}_parsed") if f"{name}_parsed" in entry else None
        if parts is not None and parts[0] in _YEARS:
            return _EPOCH + timedelta(seconds=calendar.timegm(parts))
    return None


def _author(about: Any, url: str) -> Author | None:
    detail = about.get("author_detail") or {}
    name = one_line(str(detail.get("name") or ("" if detail.get("email") else about.get("author") or "")))[:200]
    if not name or "@" in name:
        return None
    return Author(name=name, url=absolute(detail.get("href"), url) if detail.get("href") else None)


def _language(entry: Any, about: Any) -> str | None:
    parts = (entry.get("summary_detail"), *entry.get("content", ()), entry.get("title_detail"))
    stated = (part.get("language") for part in parts if part)
    return next((str(one) for one in stated if one), None) or about.get("language")


def _media(entry: Any, base: str) -> Iterable[Media]:
    files = (*entry.get("media_content", ()), *entry.get("enclosures", ()))
    found = [media for file in files if (media := _file(file, base)) is not None]
    alt = entry.get("summary_detail") or {}
    if len(found) == 1 and alt.get("value") and alt.get("value") != entry.get("summary"):
        found = [found[0].model_copy(update={"alt": one_line(str(alt["value"]))})]
    yield from found
    if any(media.kind == "image" for media in found):
        return
    thumbnails = [*entry.get("media_thumbnail", ()), {"url": (entry.get("image") or {}).get("href"), "medium": "image"}]
    pictures = (_file({**thumbnail, "medium": "image"}, base) for thumbnail in thumbnails)
    yield from (media for media in list(pictures)[:1] if media is not None)


def _file(file: Mapping[str, Any], base: str) -> Media | None:
    place, mime = file.get("url") or file.get("href"), file.get("type")
    medium = str(file.get("medium") or "")
    kind = media_kind(medium if medium in {"image", "video", "audio"} else mime, str(place or ""))
    url = absolute(str(place), base) if place else None
    if kind is None or url is None:
        return None
    return Media(
        url=url,
        kind=kind,
        mime=mime,
        width=_number(file.get("width")),
        height=_number(file.get("height")),
        size_bytes=_number(file.get("filesize") or file.get("length")),
    )


def _number(value: object) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and len(text) < 13 and int(text) else None  # noqa: PLR2004 - a terabyte
