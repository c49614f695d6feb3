"""How long a text is, as each network counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import regex

from engine.model.text.graphemes import EMOJI, GRAPHEME
from engine.model.text.links import MASTODON, link_spans
from engine.model.text.weigh import weigh

if TYPE_CHECKING:
    from collections.abc import Callable

Unit = Literal["characters", "graphemes", "utf16", "bytes", "x_weighted", "threads", "mastodon"]

_AT_MASTODON = regex.compile(r"(?<![=/\w])(@[a-z0-9_]++(?:[.-]++[a-z0-9_]++)*+)@\w++(?:[.-]++\w++)*+", regex.IGNORECASE)


def measure(text: str, unit: Unit = "characters") -> int:
    """Return how long a text is in a unit.

    - `characters`: code points. `graphemes`: what a reader takes for one character. `utf16`: code units of UTF-16.
      `bytes`: those of UTF-8.
    - `x_weighted`: see `weigh`; 280 for most, 25,000 for subscribers.
    - `threads`: characters, and for each emoji its bytes in UTF-8; 500
      (https://developers.facebook.com/documentation/threads/posts, of 2026-04-14, read 2026-11-22).
    - `mastodon`: graphemes, 23 for a link with `http(s)://`, and `@user@host` without its host; 500 unless an instance
      says otherwise (https://docs.joinmastodon.org/user/posting/, read 2026-11-22).
    """
    return _MEASURES[unit](text)


def _threads(text: str) -> int:
    if text.isascii():
        return len(text)
    emoji = EMOJI.findall(text)
    return len(text) + sum(len(one.encode()) - len(one) for one in emoji)


def _mastodon(text: str) -> int:
    length = read = 0
    for start, stop in [*link_spans(text, MASTODON), (len(text), len(text))]:
        length += _graphemes(_AT_MASTODON.sub(r"\1", text[read:start])) + (23 if start < stop else 0)
        read = stop
    return length


def _graphemes(text: str) -> int:
    return len(text) - text.count("\r\n") if text.isascii() else len(GRAPHEME.findall(text))


_MEASURES: dict[Unit, Callable[[str], int]] = {
    "characters": len,
    "graphemes": _graphemes,
    "utf16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "x_weighted": weigh,
    "threads": _threads,
    "mastodon": _mastodon,
}
