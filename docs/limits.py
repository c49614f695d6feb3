"""Tables of what networks take, made from what the sinks declare, and put into the pages of the networks.

A page has a pair of marks for each table: `<!-- limits of x_post -->` … `<!-- end -->`; what stands between is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from engine.model.delivery import Doubt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from engine.contract.sink import Sink, Window
    from engine.model.picture import MediaLimits
    from engine.model.text import Unit

PAGES: Final = {"facebook_page": "facebook.md", "linkedin_member": "linkedin.md", "x_post": "x.md"}
"""The page of each sink that publishes on a network."""

_UNITS: Final[Mapping[Unit, str]] = {
    "characters": "characters",
    "graphemes": "characters as readers see them",
    "utf16": "units of UTF-16",
    "bytes": "bytes of UTF-8",
    "x_weighted": "characters as X counts them",
    "threads": "characters as Threads counts them",
    "mastodon": "characters as Mastodon counts them",
}
_AFTER_SILENCE: Final = {
    Doubt.IDEMPOTENT: "sent again with the same key",
    Doubt.FINDABLE: "looked for on the account",
    Doubt.PROBE: "sent once more: the network names what is there",
    Doubt.PROBE: "sent once more, which tells",
    Doubt.ASK: "a person looks",
}
_BLOCK: Final = re.compile(r"(<!-- (limits of \w+|networks) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with every table between its marks."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{tables[found[2]]()}\n\n{found[3]}", text)


def kept(kind: type[Sink[Any]]) -> Iterable[tuple[str, str]]:
    """Give a row for each limit that Chappe keeps to by itself."""
    limits = kind.limits
    for most, unit in ((limits.text_max, limits.text_unit), *limits.text_also):
        yield "text", "no limit is known" if most is None else f"{most:,} {_UNITS[unit]}"
    yield "pictures", _pictures(limits.media)
    yield "a picture's description", _described(limits.media.alt_max)
    yield from (("posts", _window(window)) for window in limits.windows)
    yield "no answer", _AFTER_SILENCE[kind.doubtful]


def facts(kind: type[Sink[Any]]) -> Sequence[tuple[str, str, str]]:
    """Return a row for each fact that the sink declares: what it says, where it was read, and on which day."""
    return [(fact.what, f"[page]({fact.page})", fact.read.isoformat()) for fact in kind.limits.facts]


def compared(kinds: Mapping[str, type[Sink[Any]]]) -> Sequence[tuple[str, str, str, str]]:
    """Return a row for each network: its page, its texts, its pictures, and what happens after silence."""
    return [
        (
            f"[{kinds[name].title}]({page})",
            dict(kept(kinds[name]))["text"],
            _number(kinds[name].limits.media.count),
            _AFTER_SILENCE[kinds[name].doubtful],
        )
        for name, page in PAGES.items()
    ]


def _pictures(media: MediaLimits) -> str:
    formats = ", ".join(mime.removeprefix("image/").upper() for mime in media.formats)
    side = f", at most {media.max_side:,} pixels long" if media.max_side else ""
    moving = "" if media.animated else "; what moves becomes its first picture"
    size = f"each at most {media.max_bytes / 1_000_000:g} MB and {media.max_pixels:,} pixels{side}"
    return f"{_number(media.count)}; {size}; as {formats}{moving}"


def _number(most: int | None) -> str:
    return "as many as the post has" if most is None else f"at most {most}"


def _described(most: int | None) -> str:
    if most is None:
        return "no limit is known"
    return f"{most:,} characters" if most else "not taken"


def _window(window: Window) -> str:
    whose = "each account" if window.scope == "account" else "all accounts of your app together"
    when = ", until midnight UTC" if window.resets == "utc midnight" else ""
    return f"{window.cap:,} in {_span(window.period)} for {whose}{when}"


def _span(period: timedelta) -> str:
    minutes = int(period.total_seconds()) // 60
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
