"""LinkedIn's `little`: the form in which its posts have their text, with signs that mean something.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format (view of 2026-05,
read 2026-11-22). A reserved sign that is not escaped cuts the post there, without an error. A limit counts the text as
readers see it, so `measure` and `fit` come before `escape_little`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from engine.model.text.entities import entities_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.model.text.links import Span

RESERVED: Final = r"|{}@[]()<>#\*_~"
_SIGN = regex.compile(f"([{regex.escape(RESERVED)}])")
_PLAIN = f"[^{regex.escape(RESERVED)}]"
_INSIDE = rf"(?:{_PLAIN}|\\.)++"
_PART = regex.compile(
    rf"(?<plain>{_PLAIN}++)|\\(?<sign>.)|\{{hashtag\|\\?(?<hash>[#\uff03])\|(?<tag>{_INSIDE})\}}|"
    rf"@\[(?<name>{_INSIDE})\]\(urn:[^()]*+\)|(?<own>#(?:[\p{{L}}\p{{N}}\p{{M}}\xb7]|\\_)++)",
    regex.DOTALL,
)
_ESCAPED = regex.compile(r"\\(.)", regex.DOTALL)


def escape_little(text: str, mentions: Mapping[str, str] | None = None) -> str:
    """Return a text in `little`: every reserved sign escaped, those of links as well, and hashtags as elements.

    `mentions` has the URN (`urn:li:person:…` or `urn:li:organization:…`) of each name that stands in the text behind an
    @. LinkedIn makes a link of an organisation only where its name is whole and written letter for letter.
    """
    little = ""
    read = 0
    for (start, stop), element in sorted(_elements(text, mentions or {})):
        if start >= read:
            little += _escaped(text[read:start]) + element
            read = stop
    return little + _escaped(text[read:])


def unescape_little(little: str) -> str:
    """Return the text that was escaped, up to where LinkedIn cuts it: at a reserved sign that means nothing there."""
    text = ""
    read = 0
    while part := _PART.match(little, read):
        read = part.end()
        text += part["plain"] or part["sign"] or _ESCAPED.sub(r"\1", _written(part))
    return text


def _elements(text: str, mentions: Mapping[str, str]) -> Iterator[tuple[Span, str]]:
    for entity in entities_in(text):
        if entity.kind == "hashtag":
            yield (entity.start, entity.end), f"{{hashtag|{_escaped(entity.text[0])}|{_escaped(entity.name)}}}"
        elif entity.kind == "link":
            yield (entity.start, entity.end), _escaped(entity.text)
    if mentions:
        for match in regex.finditer(r"(?<!\w)@(?<name>\L<names>)(?!\w)", text, names=list(mentions)):
            name = match["name"]
            yield match.span(), f"@[{_escaped(name)}]({mentions[name]})"


def _escaped(text: str) -> str:
    return _SIGN.sub(r"\\\1", text)


def _written(part: regex.Match[str]) -> str:
    if part["name"]:
        return f"@{part['name']}"
    return part["own"] or f"{part['hash']}{part['tag']}"
