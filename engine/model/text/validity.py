"""Whether a whole text is one name, one list, one hashtag or one address that X accepts.

The rules are those of X's open-source text library (https://github.com/twitter/twitter-text, release 3.1.0, read
2026-11-22); an address is one of RFC 3986 with http or https, its letters not limited to those of ASCII.
"""

from __future__ import annotations

import regex

from engine.model.text.entities import X_HASHTAG, X_MENTION

_CODED = r"%[0-9a-f]{2}"
_SAFE = r"a-z\u0400-\u04ff0-9\-._~!$&'()*+,;="
_LETTER = r"[a-z0-9\x80-\U0010ffff]"
_LABEL = rf"{_LETTER}(?:-*+{_LETTER})*+"
_LABEL_BELOW = rf"{_LETTER}(?:[_-]*+{_LETTER})*+"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HOST = rf"(?:{_OCTET}(?:\.{_OCTET}){{3}}|\[[a-f0-9:.]++\]|(?:{_LABEL_BELOW}\.)*?{_LABEL}\.(?![0-9]){_LABEL})"
_PIECE = rf"(?:[{_SAFE}:|@/]|{_CODED})"
_BEHIND = rf"(?:/{_PIECE}*+)?+(?:\?(?:\?|{_PIECE})*+)?+(?:\#(?:\?|{_PIECE})*+)?+"
_ADDRESS = regex.compile(rf"(?:(?:[{_SAFE}:]|{_CODED})++@)?{_HOST}(?::[0-9]{{1,5}})?+{_BEHIND}", regex.IGNORECASE)
_SCHEME = regex.compile(r"https?://", regex.IGNORECASE)


def is_x_name(text: str) -> bool:
    """Tell whether a text is a name with its sign, such as @jane."""
    match = X_MENTION.fullmatch(text)
    return match is not None and not match["list"]


def is_x_list(text: str) -> bool:
    """Tell whether a text is a list of a user's, such as @jane/friends."""
    match = X_MENTION.fullmatch(text)
    return match is not None and bool(match["list"])


def is_x_hashtag(text: str) -> bool:
    """Tell whether a text is a hashtag with its sign."""
    return X_HASHTAG.fullmatch(text) is not None


def is_x_address(text: str, *, scheme: bool = True) -> bool:
    """Tell whether a text is an address; without `scheme` it may lack `https://`."""
    found = _SCHEME.match(text)
    if found is None and scheme:
        return False
    return _ADDRESS.fullmatch(text, found.end() if found else 0) is not None
