"""Feeds that a company might publish, to which a person or a program adds entries."""

from __future__ import annotations

import html
import re
from collections import OrderedDict
from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from engine.model.text import hashtags_in

WINDOW = 30
"""How many of the newest entries a feed shows, as real ones do."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SLUG = re.compile(r"[^a-z0-9]+")
Line = Annotated[str, Field(max_length=2_000)]


class NewEntry(BaseModel):
    """What is asked to be published: at least a title, a text or HTML. `key` repeats to change an entry."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Line = ""
    text: Annotated[str, Field(max_length=50_000)] = ""
    html: Annotated[str, Field(max_length=200_000)] = ""
    link: Line = ""
    image: Line = Field(default="", description="Its address; relative ones belong to the feed's own.")
    image_alt: Line = ""
    author: Line = ""
    language: str = Field(default="", pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$")
    tags: tuple[Line, ...] = ()
    key: Line = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.title or self.text or self.html):
            raise ValueError("An entry needs a title, a text or HTML.")
        return self


class Entry(BaseModel):
    """An entry of a feed; `html` is its whole content, addresses in it may be relative to the feed."""

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    html: str
    link: str
    image: str = ""
    image_alt: str = ""
    author: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    at: AwareDatetime
    changed_at: AwareDatetime


class Feed:
    """The entries of one feed, by their keys, newest last."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self.version = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def publish(self, new: NewEntry, now: datetime) -> Entry:
        """Add an entry at once, or change the one of the same key, which keeps its place and its first time."""
        key = _clean(new.key) or f"tag:{self.name}.example,2026:{len(self._entries) + 1}"
        old = self._entries.get(key)
        tags = new.tags or hashtags_in(f"{new.title} {new.text}")
        entry = Entry(
            key=key,
            title=_clean(new.title),
            html=_clean(new.html) or as_html(_clean(new.text)),
            link=_clean(new.link) or (old.link if old else f"p/{len(self._entries) + 1}-{slug(new.title or new.text)}"),
            image=_clean(new.image),
            image_alt=_clean(new.image_alt),
            author=_clean(new.author),
            language=new.language,
            tags=tuple(_clean(tag) for tag in tags),
            at=old.at if old else now,
            changed_at=now,
        )
        self.keep(entry)
        return entry

    def keep(self, entry: Entry) -> None:
        """Take an entry as it is."""
        self._entries[entry.key] = entry
        self.version += 1

    def newest(self) -> list[Entry]:
        """Return what the feed shows, newest first."""
        return sorted(self._entries.values(), key=lambda entry: entry.at, reverse=True)[:WINDOW]

    def at_link(self, link: str) -> Entry | None:
        """Return the entry whose own page that is."""
        return next((entry for entry in self._entries.values() if entry.link == link), None)


def as_html(text: str) -> str:
    """Return plain text as HTML: paragraphs, line breaks, and links that can be followed."""
    paragraphs = (html.escape(part, quote=False).replace("\n", "<br>\n") for part in re.split(r"\n\s*\n", text) if part)
    linked = (re.sub(r"https?://[^\s<]+", r'<a href="\g<0>">\g<0></a>', part) for part in paragraphs)
    return "\n".join(f"<p>{part}</p>" for part in linked)


def slug(text: str) -> str:
    """Return a few words of a text as they stand in an address."""
    return _SLUG.sub("-", text.lower()).strip("-")[:40].strip("-") or "post"


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _CONTROL.sub("", text)
