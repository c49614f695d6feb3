"""JSON Feed, versions 1 and 1.1 (jsonfeed.org/version/1.1, read 2026-11-22), read by pydantic."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from connectors.feed.entry import Entry, Feed, Words
from connectors.feed.hubs import hub_of
from connectors.feed.kinds import media_kind
from engine.content.documents import Forgiving, Unreadable, read_json, read_object
from engine.content.html import absolute
from engine.content.prose import one_line
from engine.model.post import Author, Media

if TYPE_CHECKING:
    from collections.abc import Iterable

IS_JSON_FEED: Final = "https://jsonfeed.org/version/"


class _Author(BaseModel):
    name: Forgiving[str] = None
    url: Forgiving[str] = None


class _Attachment(BaseModel):
    url: Forgiving[str] = None
    mime_type: Forgiving[str] = None
    title: Forgiving[str] = None
    size_in_bytes: Forgiving[int] = None


class _Item(BaseModel):
    id: Forgiving[str | int | float] = None
    url: Forgiving[str] = None
    external_url: Forgiving[str] = None
    title: Forgiving[str] = None
    content_html: Forgiving[str] = None
    content_text: Forgiving[str] = None
    summary: Forgiving[str] = None
    image: Forgiving[str] = None
    banner_image: Forgiving[str] = None
    date_published: Forgiving[AwareDatetime] = None
    date_modified: Forgiving[AwareDatetime] = None
    author: Forgiving[_Author] = None
    authors: Forgiving[list[_Author]] = None
    tags: Forgiving[list[str]] = None
    language: Forgiving[str] = None
    attachments: Forgiving[list[_Attachment]] = None


class _Hub(BaseModel):
    kind: Forgiving[str] = Field(default=None, alias="type")
    url: Forgiving[str] = None


class _Document(BaseModel):
    version: str
    items: list[Any]
    home_page_url: Forgiving[str] = None
    feed_url: Forgiving[str] = None
    hubs: Forgiving[list[_Hub]] = None
    language: Forgiving[str] = None
    author: Forgiving[_Author] = None
    authors: Forgiving[list[_Author]] = None
    expired: bool = Field(default=False)


_DOCUMENT: Final = TypeAdapter(_Document)
_ITEM_OF: Final = partial(read_object, TypeAdapter(_Item))


def read_json_feed(body: bytes, url: str) -> Feed | Unreadable:
    """Read the document; items that are no objects are left out and counted in the note."""
    document = read_json(_DOCUMENT, body.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(document, Unreadable):
        return document
    if not document.version.startswith(IS_JSON_FEED):
        return Unreadable("is JSON, but no JSON Feed: its `version` names another format")
    items = [item for item in map(_ITEM_OF, document.items) if isinstance(item, _Item)]
    entries = tuple(_entry(item, document, url) for item in items)
    odd = len(document.items) - len(entries)
    note = f"{odd} of its {len(document.items)} items could not be read and were left out." if odd else ""
    hubs = [("hub", hub.url or "") for hub in document.hubs or () if (hub.kind or "").lower() == "websub"]
    hub = hub_of([*hubs, ("self", document.feed_url or "")], url)
    return Feed(entries, absolute(document.home_page_url, url), note, hub)


def _entry(item: _Item, document: _Document, url: str) -> Entry:
    link = absolute(item.url, url) or absolute(item.external_url, url)
    base = link or url
    html = item.content_html or ""
    return Entry(
        guid="" if item.id is None else str(item.id),
        link=link,
        title=Words(item.title or "", is_html=False),
        summary=Words(item.summary or "", is_html=False),
        content=Words(html, is_html=True, base=base) if html else Words(item.content_text or "", is_html=False),
        published_at=item.date_published or item.date_modified,
        updated_at=item.date_modified,
        author=_author((*(item.authors or ()), item.author, *(document.authors or ()), document.author), base),
        tags=tuple(item.tags or ()),
        media=tuple(_media(item, base)),
        language=item.language or document.language,
    )


def _author(authors: Iterable[_Author | None], base: str) -> Author | None:
    for author in authors:
        if author is not None and author.name and (name := one_line(author.name)):
            return Author(name=name, url=absolute(author.url, base))
    return None


def _media(item: _Item, base: str) -> Iterable[Media]:
    picture = absolute(item.image or item.banner_image, base)
    if picture:
        yield Media(url=picture)
    for attachment in item.attachments or ():
        kind = media_kind(attachment.mime_type, attachment.url or "")
        place = absolute(attachment.url, base)
        if kind and place:
            yield Media(
                url=place,
                kind=kind,
                mime=attachment.mime_type,
                alt=one_line(attachment.title or ""),
                size_bytes=attachment.size_in_bytes,
            )
