"""Text as readers and networks see it: what counts as a link, a hashtag, a mention, and the same words again."""

from __future__ import annotations

import hashlib
import unicodedata

import regex

LINK = regex.compile(r"https?://[^\s<>\"'«»]+[^\s<>\"'«».,;:!?)\]}]", regex.IGNORECASE)
HASHTAG = regex.compile(r"(?<![\w&/])[#＃]([\p{L}\p{N}\p{M}_·]*[\p{L}\p{M}][\p{L}\p{N}\p{M}_·]*)")
MENTION = regex.compile(r"(?<![\w@/.])@([\w][\w.-]*\w|\w)(?:@[\w.-]+\w)?")
_NOT_WORDS = regex.compile(r"[^\p{L}\p{N}]+")


def links_in(text: str) -> tuple[str, ...]:
    """Return the http(s) addresses in a text, in order, each once."""
    return tuple(dict.fromkeys(match.group(0) for match in LINK.finditer(text)))


def hashtags_in(text: str) -> tuple[str, ...]:
    """Return the hashtags in a text without their sign, in order, each once; letter case is kept."""
    return tuple(dict.fromkeys(match.group(1) for match in HASHTAG.finditer(text)))


def mentions_in(text: str) -> tuple[str, ...]:
    """Return the mentions in a text without their first sign, in order, each once."""
    return tuple(dict.fromkeys(match.group(0)[1:] for match in MENTION.finditer(text)))


def normalised(text: str) -> str:
    """Return the words alone: no links, NFKC, case folded, one space between words."""
    bare = LINK.sub(" ", text)
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", bare).casefold()).strip()


def fingerprint_of(text: str) -> str:
    """Return 32 hexadecimal characters that are equal for the same words; empty for a text without words."""
    words = normalised(text)
    return hashlib.sha256(words.encode()).hexdigest()[:32] if words else ""
