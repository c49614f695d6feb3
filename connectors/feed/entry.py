"""What an entry says, whatever the format of its feed, and the post it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Final, Literal

import regex

from engine.content import html
from engine.content.html import Reading
from engine.content.prose import one_line, tidy
from engine.contract.source import NOBODY, Hub
from engine.model.post import Author, Link, Media, Post
from engine.model.text import hashtags_in, links_in, mentions_in

TextChoice = Literal["summary", "full"]

TITLE_MOST: Final = 500
LINKS_MOST: Final = 50
MEDIA_MOST: Final = 20
TAGS_MOST: Final = 30
_NOT_TAG: Final = regex.compile(r"[^\p{L}\p{N}\p{M}_]+")
_ENDS_SHORT: Final = regex.compile(r"\s*\[(?:…|\.\.\.)\]$")
_LETTER: Final = regex.compile(r"\p{L}")
# What WordPress and Blogger put where an author chose nothing.
_NO_TAGS: Final = frozenset({"uncategorized", "uncategorised", "nonclassé", "unkategorisiert", "sincategoría"})


@dataclass(frozen=True, slots=True)
class Words:
    """A text of the feed: as markup or plain, and the address its own addresses are relative to."""

    value: str = ""
    is_html: bool = True
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, read but not yet turned into a post; times are aware and as the feed says them."""

    guid: str = ""
    link: str | None = None
    title: Words = Words()
    summary: Words = Words()
    content: Words = Words()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: Author | None = None
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    language: str | None = None

    @property
    def plain_title(self) -> str:
        """Return the title as one line of plain text."""
        return one_line(_plain(self.title))[:TITLE_MOST]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing in it could be published."""
        return not (self.link or self.title.value or self.summary.value or self.content.value)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as its document says it: entries in the document's order, and who tells when it changes."""

    entries: tuple[Entry, ...] = ()
    site: str | None = None
    note: str = ""
    hub: Hub = NOBODY


def to_post(entry: Entry, *, key: str, choice: TextChoice, site: str | None, now: datetime) -> Post:
    """Turn an entry into a post. An article's own page is its first link; a status, without title, has only its own."""
    whole, short = entry.content, entry.summary
    first, second = (short, whole) if choice == "summary" else (whole, short)
    chosen, other = (first, second) if first.value.strip() else (second, first)
    reading = _without_trailer(_reading(chosen, entry.link), entry.link, site)
    text = _ENDS_SHORT.sub(" …", reading.text)
    title = entry.plain_title
    own = (Link(url=entry.link, title=title[:300]),) if entry.link and title else ()
    return Post(
        key=key,
        title=title,
        text=text,
        html=_kept_html(whole if whole.value.strip() else short, entry.link),
        links=_each_once((*own, *reading.links, *map(_link, links_in(text))))[:LINKS_MOST],
        media=_pictures(entry.media, reading.media or _reading(other, entry.link).media),
        hashtags=_hashtags(entry.tags, text),
        mentions=mentions_in(text)[:TAGS_MOST],
        language=(entry.language or "").strip().replace("_", "-").partition("-")[0].lower()[:8] or None,
        author=entry.author,
        permalink=entry.link,
        published_at=_not_after(now, entry.published_at),
        updated_at=_not_after(now, entry.updated_at),
    )


def as_hashtag(category: str) -> str:
    """Return a category as one word: `Developer relations` becomes `DeveloperRelations`; empty if nothing is left."""
    words = [word for word in _NOT_TAG.split(one_line(unescape(category))) if word]
    joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    if not _LETTER.search(joined) or joined.casefold() in _NO_TAGS or "://" in category:
        return ""
    return joined[:100]


def _not_after(now: datetime, time: datetime | None) -> datetime | None:
    return min(time, now).astimezone(UTC) if time else None


def _plain(words: Words) -> str:
    if not words.is_html:
        return words.value
    if not html.is_markup(words.value):
        return unescape(words.value)
    return html.words(words.value)


def _reading(words: Words, link: str | None) -> Reading:
    if not words.is_html or not html.is_markup(words.value):
        return Reading(text=tidy(_plain(words)))
    base = words.base or link
    return html.read(html.sanitised(words.value, base), base)


def _kept_html(words: Words, link: str | None) -> str | None:
    if not words.is_html or not html.is_markup(words.value):
        return None
    return tidy(html.sanitised(words.value, words.base or link)) or None


def _without_trailer(reading: Reading, link: str | None, site: str | None) -> Reading:
    """Leave out WordPress's last paragraph, which says in some language that the post appeared first on its site."""
    body, gap, last = reading.text.rpartition("\n\n")
    ends = tuple(_bare(url) for url in links_in(last))
    if not gap or not link or not site or ends != (_bare(link), _bare(site)):
        return reading
    still = set(links_in(body))
    links = tuple(one for one in reading.links if _bare(one.url) not in ends or one.url in still)
    return Reading(body.rstrip(), links, reading.media)


def _bare(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rstrip("/")


def _link(url: str) -> Link:
    return Link(url=url)


def _each_once(links: tuple[Link, ...]) -> tuple[Link, ...]:
    seen: dict[str, Link] = {}
    for link in links:
        seen.setdefault(link.url, link)
    return tuple(seen.values())


def _pictures(attached: tuple[Media, ...], shown: tuple[Media, ...]) -> tuple[Media, ...]:
    """Return what is attached and then what the text shows, each address once; whichever knows more of it wins."""
    found: dict[str, Media] = {}
    for media in (*attached, *shown):
        known = found.get(media.url)
        if known is None:
            found[media.url] = media
        else:
            more = {
                name: value
                for name, value in media.model_dump(include={"alt", "width", "height"}).items()
                if value and not getattr(known, name)
            }
            found[media.url] = known.model_copy(update=more)
    return tuple(found.values())[:MEDIA_MOST]


def _hashtags(categories: tuple[str, ...], text: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for tag in (*map(as_hashtag, categories), *hashtags_in(text)):
        if tag:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:TAGS_MOST]
