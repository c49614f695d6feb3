"""Words replaced by others: whole words, the longest term first, in time that grows with the text alone."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import regex

from engine.model.text import HASHTAG, LINK, MENTION, link_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST: Final = 12
"""How many parts a term may have: words, the blanks between them, and signs. So many are looked at for each word."""

_END: Final = ""
"""Stands in the tree behind the last part of a term; no part is empty."""

_PARTS: Final = regex.compile(r"[\p{L}\p{N}\p{M}_]++|\s++|.", regex.DOTALL)
_MAIL: Final = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)++")


def parts_of(text: str) -> list[str]:
    """Take a text apart into words, blanks, and signs one by one; the parts together are the text."""
    return _PARTS.findall(text)


def fixed_in(text: str) -> list[tuple[int, int]]:
    """Return from where to where a text has addresses, of pages and of mail, mentions and hashtags, in order.

    Networks take acme.com for an address, too.
    """
    found = link_spans(text) if "." in text else []
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
    """Terms and what stands in their place."""

    def __init__(self, terms: Mapping[str, str], *, case_sensitive: bool, hashtags: bool) -> None:
        self._case_sensitive = case_sensitive
        self._hashtags = hashtags
        self._tree: dict[str, Any] = {}
        for term, said in terms.items():
            branch = self._tree
            for part in parts_of(term):
                branch = branch.setdefault(self._key(part), {})
            branch[_END] = (term, said)

    def applied(self, text: str) -> str:
        """Return a text in the words of the glossary."""
        read = 0
        written: list[str] = []
        for start, stop in [*fixed_in(text), (len(text), len(text))]:
            written += self._written(parts_of(text[read:start]))
            written.append(self._tagged(text[start:stop]))
            read = stop
        return "".join(written)

    def _written(self, parts: Sequence[str]) -> Iterator[str]:
        known = {part: self._key(part) for part in set(parts)}
        keys = [known[part] for part in parts]
        place = 0
        while place < len(parts):
            length, found = self._longest(keys, place)
            if found is None:
                yield parts[place]
                place += 1
            else:
                yield _cased("".join(parts[place : place + length]), *found)
                place += length

    def _longest(self, keys: Sequence[str], start: int) -> tuple[int, tuple[str, str] | None]:
        """Return how many parts the longest term has that begins here, with the term and its words."""
        length, found, branch, place = 0, None, self._tree, start
        while place < len(keys) and keys[place] in branch:
            branch = branch[keys[place]]
            place += 1
            if _END in branch:
                length, found = place - start, branch[_END]
        return length, found

    def _tagged(self, fixed: str) -> str:
        """Return a hashtag by what stands in its place, as a whole, if that is a hashtag again; all else as it is."""
        if not self._hashtags or not HASHTAG.fullmatch(fixed):
            return fixed
        _, found = self._longest([self._key(fixed[1:])], 0)
        changed = fixed[0] + "".join(filter(_in_a_tag, _cased(fixed[1:], *found))) if found else fixed
        return changed if HASHTAG.fullmatch(changed) else fixed

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
