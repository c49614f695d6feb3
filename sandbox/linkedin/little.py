"""Little text, read as strictly as LinkedIn reads it: a reserved character that stands bare ends the text, silently.

The language is that of learn.microsoft.com, little-text-format (view li-lms-2026-05, read in November 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

RESERVED: Final = r"|{}@[]()<>#\*_~"
"""Characters that a backslash must precede wherever they are meant as they stand."""

_CLASS = re.escape(RESERVED)
_ESCAPED = rf"\\[{_CLASS}]"
_WORDS = rf"(?:[^{_CLASS}]|{_ESCAPED})+"
_TOKEN = re.compile(
    rf"(?P<plain>[^{_CLASS}]+)"
    rf"|(?P<escaped>{_ESCAPED})"
    rf"|@\[(?P<name>{_WORDS})\]\((?P<urn>urn:li:(?:person|organization):[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*)\)"
    rf"|\{{hashtag\\?\|\\?(?P<sign>[#＃])\\?\|(?P<tag>{_WORDS})\}}"
    r"|#(?P<hashtag>[^\W_]+)"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader sees of a commentary, and what LinkedIn kept to itself."""

    text: str
    lost: str = ""
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


def read(commentary: str) -> Reading:
    """Return what is shown; `lost` begins with the first reserved character that stands bare, and mentions are URNs."""
    shown: list[str] = []
    hashtags: list[str] = []
    mentions: list[str] = []
    at = 0
    while token := _TOKEN.match(commentary, at):
        at = token.end()
        match token.lastgroup:
            case "plain":
                shown.append(token["plain"])
            case "escaped":
                shown.append(token["escaped"][1])
            case "urn":
                shown.append(_bare(token["name"]))
                mentions.append(token["urn"])
            case _:
                hashtags.append(_bare(token["tag"] or token["hashtag"]))
                shown.append((token["sign"] or "#") + hashtags[-1])
    return Reading("".join(shown), commentary[at:], tuple(hashtags), tuple(mentions))


def _bare(escaped: str) -> str:
    return re.sub(r"\\(.)", r"\1", escaped)
