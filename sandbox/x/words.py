"""What X does to the words of a post: it shortens links, escapes, and tells where each link stands."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from engine.model.text import link_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORT: Final = 280
"""What everybody may write, weighted."""
LONG: Final = 25_000
"""What subscribers may write (changelog of August 2024)."""
_SHOWN: Final = 30
_CASHTAG: Final = re.compile(r"(?<![\w$/])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")


def has_link(text: str) -> bool:
    """Tell whether a post costs as one with a link."""
    return bool(link_spans(text))


def cashtags(text: str) -> int:
    """Return how many shares are named in a text."""
    return len(_CASHTAG.findall(text))


def shortened(text: str, post: str, media: Sequence[str] = ()) -> tuple[str, list[dict[str, Any]]]:
    """Return a text with t.co links, as X returns it, and its `entities.urls`; media stand at its end as a link, too.

    Offsets are code points of the text before `&`, `<` and `>` are escaped.
    """
    pieces: list[str] = []
    urls: list[dict[str, Any]] = []
    read = length = 0

    def add(piece: str) -> int:
        nonlocal length
        pieces.append(piece)
        length += len(piece)
        return length

    for start, end in link_spans(text):
        address = text[start:end]
        expanded = address if "://" in address else f"http://{address}"
        begin = add(text[read:start])
        urls.append(_url(begin, _short(f"{post} {start}"), expanded))
        add(urls[-1]["url"])
        read = end
    add(text[read:])
    if media:
        begin = add(" " if length else "")
        short = _short(f"{post} media")
        urls += [_url(begin, short, f"https://x.com/i/status/{post}/photo/1") | {"media_key": key} for key in media]
        add(short)
    escaped = "".join(pieces).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped, urls


def beginning(text: str, most: int) -> str:
    """Return a text, or its beginning with a mark where it is longer."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _url(start: int, short: str, expanded: str) -> dict[str, Any]:
    display = beginning(expanded.partition("://")[2].removeprefix("www."), _SHOWN)
    return {"start": start, "end": start + len(short), "url": short, "expanded_url": expanded, "display_url": display}


def _short(seed: str) -> str:
    slug = base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:10]
    return f"https://t.co/{slug}"
