"""Text as readers and networks see it: what counts as a link, a hashtag, a mention, and the same words again."""

from __future__ import annotations

import hashlib
import unicodedata

import regex

# White space, quotation marks and round brackets, then those of Chinese and Japanese with their commas and full stops.
_NEVER = r"\s<>\"'«»“”()" + "\u3001\u3002\u300c-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_NOT_LAST = r".,;:!?…’\]}"
LINK = regex.compile(
    rf"https?://(?:[^{_NEVER}]|\([^{_NEVER}]*\))*(?:[^{_NEVER}{_NOT_LAST}]|\([^{_NEVER}]*\))", regex.IGNORECASE
)
HASHTAG = regex.compile(r"(?<![\w&/])[#＃]([\p{L}\p{N}\p{M}_·]*[\p{L}\p{M}][\p{L}\p{N}\p{M}_·]*)")
MENTION = regex.compile(r"(?<![\w@/.])@([\w][\w.-]*\w|\w)(?:@[\w.-]+\w)?")
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
