"""Which entry is which, from poll to poll: keys that stay when a feed changes its GUIDs.

An entry's key is its GUID, else its address, else a digest of its title and time. A feed that moves to another system
gives every entry a new GUID; an entry whose GUID is unknown keeps the key of a known one that has left the document
when two independent things agree: the same address with the same title or time, or the same title, time and words.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.model.text import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connectors.feed.entry import Entry

REMEMBERED: Final = 300
KEY_MOST: Final = 500


class Known(NamedTuple):
    """What is remembered of an entry; all but the key are short digests, empty where the entry had nothing."""

    key: str
    link: str
    title: str
    time: str
    words: str


def keyed(entries: Sequence[Entry], known: Iterable[Known]) -> list[tuple[Entry, Known]]:
    """Give each entry its key, in order; an entry that stands twice is taken once.

    The same entries and memory always give the same keys.
    """
    raw = [_raw(entry) for entry in entries]
    often = Counter(raw)
    prints = [_print(one, key if often[key] == 1 else _apart(key, one)) for one, key in zip(entries, raw, strict=True)]
    memory = {one.key: one for one in known}
    renamed = _renamed(prints, memory)
    found: dict[str, tuple[Entry, Known]] = {}
    for entry, one in zip(entries, prints, strict=True):
        key = renamed.get(one.key, one.key)
        found.setdefault(key, (entry, one._replace(key=key)))
    return list(found.values())


def _renamed(prints: Sequence[Known], memory: dict[str, Known]) -> dict[str, str]:
    """Find the entries that are known under another key, which no entry of the document has: new key to old."""
    here = {one.key for one in prints}
    gone = [one for one in memory.values() if one.key not in here]
    by_link, by_words = _single(gone, _link_of), _single(gone, _words_of)
    now_by_link = _single(prints, _link_of)
    found: dict[str, str] = {}
    for one in prints:
        if one.key in memory:
            continue
        same_place = by_link.get(one.link) if one.link in now_by_link else None
        old = same_place if same_place is not None and _agree(one, same_place) else by_words.get(_words_of(one))
        if old is not None and old.key not in found.values():
            found[one.key] = old.key
    return found


def remembered(now: Iterable[Known], before: Iterable[Known]) -> list[Known]:
    """Return what to remember: the document's entries first, then those that have left it, up to a bound."""
    memory = {one.key: one for one in now}
    for one in before:
        memory.setdefault(one.key, one)
    return list(memory.values())[:REMEMBERED]


def _raw(entry: Entry) -> str:
    key = entry.guid.strip() or entry.link or ""
    if not key:
        time = entry.published_at.isoformat() if entry.published_at else ""
        words = "" if time else entry.summary.value or entry.content.value
        return f"sha256:{_digest(entry.plain_title, time, words, length=32)}"
    return key if len(key) <= KEY_MOST else f"sha256:{_digest(key, length=32)}"


def _apart(key: str, entry: Entry) -> str:
    """Tell entries apart that share one GUID."""
    time = entry.published_at.isoformat() if entry.published_at else ""
    return f"{key[: KEY_MOST - 20]}#{_digest(entry.link or '', entry.plain_title, time, length=12)}"


def _print(entry: Entry, key: str) -> Known:
    return Known(
        key=key,
        link=_short(_settled(entry.link or "")),
        title=_short(entry.plain_title),
        time=_short(entry.published_at.isoformat() if entry.published_at else ""),
        words=_short(fingerprint_of(entry.content.value or entry.summary.value)),
    )


def _settled(url: str) -> str:
    """Leave out what a move changes without meaning: the scheme, `www.`, a closing slash."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _agree(one: Known, old: Known) -> bool:
    return bool(one.title and one.title == old.title) or bool(one.time and one.time == old.time)


def _link_of(one: Known) -> str:
    return one.link


def _words_of(one: Known) -> str:
    return f"{one.title}/{one.time}/{one.words}" if one.title and one.time and one.words else ""


def _single(prints: Iterable[Known], of: Callable[[Known], str]) -> dict[str, Known]:
    """Return the entries by a digest that only one of them has."""
    found: dict[str, Known | None] = {}
    for one in prints:
        value = of(one)
        found[value] = None if value in found else one
    return {value: one for value, one in found.items() if value and one is not None}


def _short(text: str) -> str:
    return _digest(text, length=10) if text else ""


def _digest(*parts: str, length: int) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:length]
