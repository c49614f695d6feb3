"""What a row of an account's timeline says, to tell whether a post is there. Pure.

docs.x.com/x-api/fundamentals/data-dictionary, read 2026-08-22: a text comes back with `&`, `<` and `>` escaped and with
an address of t.co for each link, whose own address stands in `entities.urls`; pictures stand at its end as such a link,
with a `media_key`. A text beyond 280 is in `note_tweet`, with entities of its own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from engine.errors import TransientError
from engine.model.text import LINK, link_spans, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS: Final = ("created_at", "entities", "referenced_tweets", "note_tweet")
_SCHEME: Final = re.compile(r"^https?://", re.IGNORECASE)
_SHORT: Final = "t.co/"


@dataclass(frozen=True, slots=True)
class Said:
    """What a post says: all but its links, and those; None where a row does not tell them."""

    rest: str
    links: frozenset[str] | None

    @property
    def anything(self) -> bool:
        """Tell whether it says anything by which it can be known."""
        return bool(self.rest or self.links)

    def same(self, other: Said) -> bool:
        """Tell whether it is the same post, as far as anybody can see."""
        return self.rest == other.rest and (None in (self.links, other.links) or self.links == other.links)

    def alike(self, other: Said) -> bool:
        """Tell whether it has the same words, though something else may be another."""
        return self.same(other) or (normalised(self.rest) == normalised(other.rest) != "")


def said_by(text: str) -> Said:
    """Return what a text says that is posted."""
    return Said(*_taken_apart(text))


def said_in(row: Mapping[str, Any]) -> Said:
    """Return what a post says that is there."""
    note = row.get("note_tweet")
    whole = note if isinstance(note, dict) and note.get("text") else row
    rest, shown = _taken_apart(unescape(str(whole.get("text", ""))))
    entities = whole.get("entities")
    urls = entities.get("urls", []) if isinstance(entities, dict) else None
    if not isinstance(urls, list):
        return Said(rest, None if any(link.startswith(_SHORT) for link in shown) else shown)
    own = [str(one.get("expanded_url", "")) for one in urls if isinstance(one, dict) and "media_key" not in one]
    return Said(rest, _written(own) | {link for link in shown if not link.startswith(_SHORT)})


def made_at(row: Mapping[str, Any]) -> datetime:
    """Return when a post was made; raises TransientError where X does not say it, which it was asked to."""
    try:
        return datetime.fromisoformat(str(row["created_at"]))
    except (KeyError, ValueError):
        raise TransientError("X did not say when a post was made.") from None


def reposted_in(row: Mapping[str, Any]) -> list[str]:
    """Return the numbers of the posts that a row shows again."""
    return _referenced(row, but="replied_to")


def replied_to_in(row: Mapping[str, Any]) -> list[str]:
    """Return the numbers of the posts that a row replies to."""
    return _referenced(row, but="retweeted")


def _referenced(row: Mapping[str, Any], *, but: str) -> list[str]:
    found = row.get("referenced_tweets")
    listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [str(one.get("id")) for one in listed if one.get("type") != but]


def _taken_apart(text: str) -> tuple[str, frozenset[str]]:
    """Return a text without links, in one form of its letters and of the space between them, and its links.

    Whatever looks like one is a link here: networks know different top-level domains.
    """
    found = {*link_spans(text), *(match.span() for match in LINK.finditer(text))}
    spans = sorted(found, key=lambda span: (span[0], -span[1]))
    bare, read, links = "", 0, []
    for start, end in spans:
        if start >= read:
            bare += f"{text[read:start]} "
            links.append(text[start:end])
            read = end
    return " ".join(unicodedata.normalize("NFC", bare + text[read:]).split()), _written(links)


def _written(links: Iterable[str]) -> frozenset[str]:
    """Return links in the form in which they are compared: X adds a scheme where there is none."""
    return frozenset(_SCHEME.sub("", link).rstrip("/") for link in links)
