"""RSS 0.9x, 1.0, 2.0 and Atom, read by feedparser from bytes alone."""

from __future__ import annotations

import calendar
import io
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Any, Final
from xml.sax import SAXParseException

import feedparser
import regex

from connectors.feed.entry import Entry, Feed, Words
from connectors.feed.hubs import hub_of
from connectors.feed.kinds import media_kind
from engine.content import html
from engine.content.documents import Unreadable
from engine.content.html import absolute, is_web
from engine.content.prose import one_line
from engine.model.post import Author, Media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1971, 2200)
_ENTITY: Final = regex.compile(rb"<!ENTITY[^>]*>?")
_ENTITY_MOST: Final = 120
_REACHES: Final = regex.compile(rb"%|SYSTEM|PUBLIC|&[A-Za-z]")
_FIRST_ELEMENT: Final = regex.compile(rb"<\w")
_LAST_TAG: Final = regex.compile(rb"</(?:\w+:)?(?:rss|feed|RDF|channel)\s*>", regex.IGNORECASE)
# What feedparser's loose reading makes of a bare `&` before a parameter's name.
_BROKEN_AND: Final = regex.compile(r"&(\w+);(?==)")
# `a@b.example (Léa)` as RSS has it, `Léa (a@b.example)` as feedparser joins Atom's, `Léa <a@b.example>`.
_WITH_ADDRESS: Final = tuple(map(regex.compile, (r"\S+@\S+ *\((.+)\)", r"(.+?) *\(\S+@\S+\)", r"(.+?) *<\S+@\S+>")))
_MEDIA_TEXT: Final = regex.compile(
    rb"<media:description\b[^>]*+(?<!/)>([^<]*+(?:<!\[CDATA\[.*?\]\]>[^<]*+)*+)</media:description\s*>", regex.DOTALL
)
_PICTURE_TEXT: Final = b"media:about"
_MARKUP: Final = frozenset({"text/html", "application/xhtml+xml"})


def read_xml_feed(body: bytes, content_type: str, url: str) -> Feed | Unreadable:
    """Read the document; a broken one gives the entries before the break, with a note."""
    if _is_bomb(body):
        return Unreadable("declares XML entities that grow or reach out, as an attack does")
    # A stream, never bytes or text: feedparser takes those for the name of a file or an address.
    parsed = feedparser.parse(
        io.BytesIO(_apart(body)),
        response_headers={"content-type": _content_type(body, content_type)},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version:
        return Unreadable("is neither RSS, Atom nor JSON Feed")
    about = parsed.feed
    found = parsed.entries[:-1] if parsed.bozo and _is_cut_off(body) else parsed.entries
    entries = tuple(_entry(entry, about, url) for entry in found)
    links = ((str(link.get("rel") or ""), str(link.get("href") or "")) for link in about.get("links", ()))
    return Feed(entries, absolute(about.get("link"), url), _note(parsed, len(entries)), hub_of(links, url))


def _apart(body: bytes) -> bytes:
    """Give each media:description a name of its own: feedparser takes it for the entry's, and forgets that one.

    Its attributes go, since feedparser would keep those of an element that it does not know, and not its text.
    """
    numbers = count()

    def renamed(element: regex.Match[bytes]) -> bytes:
        name = b"%b%d" % (_PICTURE_TEXT, next(numbers))
        return b"<%b>%b</%b>" % (name, element[1], name)

    return _MEDIA_TEXT.sub(renamed, body)


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
    reason = type(trouble).__name__
    if isinstance(trouble, SAXParseException):
        reason = f"line {trouble.getLineNumber()}: {one_line(trouble.getMessage())}"
    return f"The feed is not well-formed ({reason}); {count} {'entry' if count == 1 else 'entries'} could be read."


def _entry(entry: Any, about: Any, url: str) -> Entry:
    link = absolute(entry.get("feedburner_origlink") or entry.get("link"), url)
    alts = [str(text) for key, text in entry.items() if key.startswith("media_about")]
    content, summary = _content(entry, url), _summary(entry, url)
    if alts and not (content.value or summary.value):  # a film's own page: its description is the text
        summary = Words(alts.pop(0), is_html=False)
    return Entry(
        guid=_BROKEN_AND.sub(r"&\1", one_line(str(entry.get("id") or ""))),
        link=link,
        title=_title(entry),
        summary=summary,
        content=content,
        published_at=_time(entry, "published", "updated", "created"),
        updated_at=_time(entry, "updated"),
        author=_author(entry, url) or _author(about, url),
        tags=tuple(tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())),
        media=_files(entry, link or url, alts),
        language=_language(entry, about),
    )


def _title(entry: Any) -> Words:
    detail = entry.get("title_detail") or {}
    return Words(str(entry.get("title") or ""), is_html=detail.get("type") in _MARKUP)


def _summary(entry: Any, url: str) -> Words:
    value, detail = str(entry.get("summary") or ""), entry.get("summary_detail") or {}
    if not detail and entry.get("content"):  # feedparser's copy of the content
        return Words()
    return Words(value, is_html=detail.get("type") != "text/plain", base=_base(detail, entry, url))


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
    stated = str(about.get("author") or "")
    name = stated if html.is_markup(stated) else str(detail.get("name") or stated)
    for form in _WITH_ADDRESS:
        if match := form.fullmatch(stated.strip()):
            name = match.group(1)
    name = one_line(html.words(name))[:200]
    return Author(name=name, url=absolute(detail.get("href"), url)) if name and "@" not in name else None


def _language(entry: Any, about: Any) -> str | None:
    parts = (entry.get("summary_detail"), *entry.get("content", ()), entry.get("title_detail"))
    stated = (part.get("language") for part in parts if part)
    return next((str(one) for one in stated if one), None) or about.get("language")


def _files(entry: Any, base: str, alts: Sequence[str]) -> tuple[Media, ...]:
    texts = chain(alts, repeat(""))
    shown = [{**file, "alt": next(texts)} for file in entry.get("media_content", ())]
    found = [media for file in (*shown, *entry.get("enclosures", ())) if (media := _file(file, base)) is not None]
    if not any(media.kind == "image" for media in found):
        pictures = [*entry.get("media_thumbnail", ()), {"url": (entry.get("image") or {}).get("href")}]
        more = (_file({**picture, "medium": "image"}, base) for picture in pictures)
        found += [media for media in more if media is not None][:1]
    return tuple(found)


def _file(file: Mapping[str, Any], base: str) -> Media | None:
    place, mime = file.get("url") or file.get("href"), file.get("type")
    medium = str(file.get("medium") or "")
    kind = media_kind(medium if medium in {"image", "video", "audio"} else mime, str(place or ""))
    url = absolute(place, base)
    if kind is None or url is None:
        return None
    return Media(
        url=url,
        kind=kind,
        mime=mime,
        alt=one_line(str(file.get("alt") or "")),
        width=_number(file.get("width")),
        height=_number(file.get("height")),
        size_bytes=_number(file.get("filesize") or file.get("length")),
    )


def _number(value: object) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and len(text) < 13 and int(text) else None  # noqa: PLR2004 - a terabyte
