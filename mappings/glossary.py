"""Words replaced by others: whole words, the longest term first, in time that grows with the text alone."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import regex

from engine.model.text import HASHTAG, LINK, MENTION, link_spans
from mappings.literals import any_of

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence

LONGEST: Final = 12
"""How many parts a term may have: words, the blanks between them, and signs. So many are looked at for each word."""

_FIRST: Final = 0xF0000
"""The first sign that stands for a part; there are far more for private use than terms may have parts."""
_OTHER: Final = "\0"

_PARTS: Final = regex.compile(r"[\p{L}\p{N}\p{M}_]++|\s++|.", regex.DOTALL)
_MAIL: Final = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)++")


def parts_of(text: str) -> list[str]:
    """Take a text apart into words, blanks, and signs one by one; the parts together are the text."""
    return _PARTS.findall(text)


def fixed_in(text: str) -> list[tuple[int, int]]:
    """Return from where to where a text has addresses, of pages and of mail, mentions and hashtags, in order.

    Networks take acme.com for an address, too.
    """
    found = list(link_spans(text)) if "." in text else []
    for sign, pattern in (("://", LINK), ("@", _MAIL), ("@", MENTION), ("#", HASHTAG), ("＃", HASHTAG)):
        if sign in text:
            found += [match.span() for match in pattern.finditer(text)]
    apart: list[tuple[int, int]] = []
    for start, stop in sorted(found, key=lambda span: (span[0], -span[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, stop))
        elif stop > apart[-1][1]:
            apart[-1] = (apart[-1][0], stop)
    return apart


class Glossary:
    """Terms and what stands in their place.

    Each part that is in any term has a sign of its own. A text is written in these signs, and one pattern finds the
    terms in them.
    """

    def __init__(self, terms: Mapping[str, str], *, case_sensitive: bool, hashtags: bool) -> None:
        self._case_sensitive = case_sensitive
        self._hashtags = hashtags
        self._signs: dict[str, str] = {}
        self._terms: dict[str, tuple[str, str]] = {}
        for term, said in terms.items():
            signs = [self._signs.setdefault(self._key(part), chr(_FIRST + len(self._signs))) for part in parts_of(term)]
            self._terms["".join(signs)] = (term, said)
        self._pattern = any_of(self._terms) if self._terms else None

    def applied(self, text: str) -> str:
        """Return a text in the words of the glossary."""
        if self._pattern is None:
            return text
        read = 0
        parts: list[str] = []
        for start, stop in fixed_in(text):
            between = text[read:start]
            parts += parts_of(between) if len(between) > 1 else between
            parts.append(self._tagged(text[start:stop]))  # it has a sign in it, so it is no part of any term
            read = stop
        parts += parts_of(text[read:])
        return "".join(self._written(parts, self._pattern))

    def _written(self, parts: Sequence[str], pattern: re.Pattern[str]) -> Iterator[str]:
        sign_of = {part: self._sign(part) for part in set(parts)}
        read = 0
        for match in pattern.finditer("".join(map(sign_of.__getitem__, parts))):
            start, stop = match.span()
            yield from parts[read:start]
            yield _cased("".join(parts[start:stop]), *self._terms[match.group()])
            read = stop
        yield from parts[read:]

    def _tagged(self, fixed: str) -> str:
        """Return a hashtag by what stands in its place, as a whole, if that is a hashtag again; all else as it is."""
        if not self._hashtags or not HASHTAG.fullmatch(fixed):
            return fixed
        found = self._terms.get(self._sign(fixed[1:]))
        changed = fixed[0] + "".join(filter(_in_a_tag, _cased(fixed[1:], *found))) if found else fixed
        return changed if HASHTAG.fullmatch(changed) else fixed

    def _sign(self, part: str) -> str:
        return self._signs.get(self._key(part), _OTHER)

    def _key(self, part: str) -> str:
        """Return what a part is compared by."""
        if part.isspace():
            return " "
        composed = unicodedata.normalize("NFKC", part)
        return composed if self._case_sensitive else composed.casefold()


def _cased(seen: str, term: str, said: str) -> str:
    """Return the words in the case in which the term was seen."""
    if seen == term:
        return said
    letters = [sign for sign in seen if sign.isalpha()]
    if len(letters) > 1 and seen.isupper() and not term.isupper():
        return said.upper()
    if letters and letters[0].isupper() and not term[:1].isupper():
        return said[:1].upper() + said[1:]
    return said


def _in_a_tag(sign: str) -> bool:
    return sign == "_" or unicodedata.category(sign)[0] in "LNM"
