"""Text as readers and networks see it: what counts as a link, a hashtag, a mention, and the same words again."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Unit = Literal["characters", "graphemes", "utf16", "bytes"]
ELLIPSIS: Final = "…"

# White space, quotation marks and round brackets, then those of Chinese and Japanese with their commas and full stops.
_NEVER = r"\s<>\"'«»“”()" + "\u3001\u3002\u300c-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_NOT_LAST = r".,;:!?…’\]}"
LINK = regex.compile(
    rf"https?://(?:[^{_NEVER}]|\([^{_NEVER}]*\))*(?:[^{_NEVER}{_NOT_LAST}]|\([^{_NEVER}]*\))", regex.IGNORECASE
)
HASHTAG = regex.compile(r"(?<![\w&/])[#＃]([\p{L}\p{N}\p{M}_·]*[\p{L}\p{M}][\p{L}\p{N}\p{M}_·]*)")
MENTION = regex.compile(r"(?<![\w@/.])@([\w][\w.-]*\w|\w)(?:@[\w.-]+\w)?")
_GRAPHEME = regex.compile(r"\X")
_WORD_EDGE = regex.compile(r"\b", regex.WORD)
_AHEAD = 2_048  # as long as an address may be that begins within the limit
_LOOSE_END = " \t\r\n\u00a0,;:"
_NOT_WORDS = regex.compile(r"(?:(?:^|[^\p{L}\p{N}\p{M}])\p{M}*)+")
_UNSTORABLE = regex.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text as every database and all JSON takes it: U+FFFD for NUL and for half a surrogate pair."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def links_in(text: str) -> tuple[str, ...]:
    """Return the http(s) addresses in a text, in order, each once.

    Punctuation that ends a sentence is not part of them, nor is a bracket that closes what was opened before them.
    """
    return tuple(dict.fromkeys(match.group(0) for match in LINK.finditer(text)))


def hashtags_in(text: str) -> tuple[str, ...]:
    """Return the hashtags in a text without their sign, in order, each once; letter case is kept."""
    return tuple(dict.fromkeys(match.group(1) for match in HASHTAG.finditer(LINK.sub(" ", text))))


def mentions_in(text: str) -> tuple[str, ...]:
    """Return the mentions in a text without their first sign, in order, each once."""
    return tuple(dict.fromkeys(match.group(0)[1:] for match in MENTION.finditer(LINK.sub(" ", text))))


def normalised(text: str) -> str:
    """Return the words alone: no links, NFKC, case folded, one space between words."""
    bare = LINK.sub(" ", text)
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", bare).casefold()).strip()


def fingerprint_of(text: str) -> str:
    """Return 32 hexadecimal characters that are equal for the same words; empty for a text without words."""
    words = normalised(text)
    return hashlib.sha256(words.encode()).hexdigest()[:32] if words else ""


def measure(text: str, unit: Unit = "characters") -> int:
    """Return how long a text is as a network counts it; bytes are those of UTF-8."""
    return _MEASURES[unit](text)


def fit(text: str, limit: int, unit: Unit = "characters") -> str:
    """Return the text, or as much of its beginning as the limit allows, cut at a word's end and marked with "…".

    Never longer than the limit; a link, a hashtag or a mention is kept whole or left out. Empty where not even the
    first word fits whole and may not be cut.
    """
    if measure(text, unit) <= limit:
        return text
    end = _longest(text, limit - measure(ELLIPSIS, unit), unit)
    text = text[: end + _AHEAD]
    whole = [match.span() for pattern in (LINK, HASHTAG, MENTION) for match in pattern.finditer(text)]
    while end > 0:
        end = _word_end(text, end, whole)
        marked = _marked(text[:end])
        if marked and measure(marked, unit) <= limit:
            return marked
        end -= 1
    return ""


def _longest(text: str, limit: int, unit: Unit) -> int:
    """Return the end of the longest beginning of whole graphemes within a limit."""
    end = length = 0
    for match in _GRAPHEME.finditer(text):
        length += 1 if unit == "graphemes" else measure(match.group(), unit)
        if length > limit:
            break
        end = match.end()
    return end


def _word_end(text: str, end: int, whole: Sequence[tuple[int, int]]) -> int:
    """Return the nearest place at or before `end` where a word ends; inside a very long first word, `end` itself."""
    outside = min((start for start, stop in whole if start < end < stop), default=end)
    for place in range(outside, 0, -1):
        if _WORD_EDGE.match(text, place) and not any(start < place < stop for start, stop in whole):
            return place
    return outside


def _marked(beginning: str) -> str:
    """Return a beginning with its mark, set apart from a link so that nobody's browser takes it for a part of it."""
    kept = beginning.rstrip(_LOOSE_END)
    if not kept:
        return ""
    ends_in_link = any(match.end() == len(kept) for match in LINK.finditer(kept))
    return f"{kept} {ELLIPSIS}" if ends_in_link else f"{kept}{ELLIPSIS}"


_MEASURES: dict[Unit, Callable[[str], int]] = {
    "characters": len,
    "graphemes": lambda text: len(_GRAPHEME.findall(text)),
    "utf16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
}
