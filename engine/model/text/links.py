"""Where X and Mastodon see a link, which both shorten or count as 23 characters.

The rules are those of X's open-source text library (https://github.com/twitter/twitter-text, release 3.1.0, read
2026-11-22): a name that ends in a top-level domain, with or without `https://` before it, and the path behind it.
Mastodon takes the same names, only with `https://`, and more characters in a path
(https://github.com/mastodon/mastodon, config/initializers/twitter_regex.rb, read 2026-11-22).

Every step reads on from where the last one ended, so a text of any make takes as long as it is long.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import regex

from engine.model.text.domains import TOP_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span: TypeAlias = tuple[int, int]
"""Where something begins and ends, in code points."""

INVALID: Final = r"\ufffe\ufeff\uffff"
SPACES: Final = r"\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_INSIDE_NAMES = r"\-_"
_OTHERWISE = r"!'#%&()*+,\\./:;<=>?@\[\]\^{|}~$"
PUNCTUATION: Final = _INSIDE_NAMES + _OTHERWISE
ACCENTED: Final = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    r"\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_OUTSIDE = rf"{SPACES}{INVALID}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_EDGE = rf"[^{PUNCTUATION}{_OUTSIDE}]"  # how a part of a name begins and ends
_INNER = rf"[^{_OTHERWISE}{_OUTSIDE}]"  # what it consists of: _ and - as well

_END = regex.compile(
    r"\.(?:xn--[0-9a-z-]+|\L<mixed>(?![0-9a-z@+-])|(?<latin>[0-9a-z]++)(?![@+-])|"
    r"(?=[^\x00-\x7f])\L<other>(?![0-9a-z@+-]))",
    regex.IGNORECASE,
    mixed=[name for name in TOP_LEVEL if name[0].isascii() and not name.isascii()],
    other=[name for name in TOP_LEVEL if not name[0].isascii()],
)
_BACK = regex.compile(rf"(?r)(?:{_INNER}|\.)*+")
_BEGIN = regex.compile(rf"(?<![A-Za-z0-9@\uff20$#\uff03{INVALID}]){_EDGE}")
_PARTS = regex.compile(rf"(?:{_EDGE}{_INNER}*+(?<![_-])\.)++")
_PLAIN_PARTS = regex.compile(rf"(?:[-a-z0-9{ACCENTED}]++\.)++", regex.IGNORECASE)
_QUERY = r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?"
_SHORTENED = regex.compile(rf"https?://t\.co/(?<slug>[a-z0-9]++){_QUERY}", regex.IGNORECASE)
_FOREIGN = regex.compile(r"[^\x00-\x7f]++")
_DOTS = regex.compile(r"[.\u3002\uff0e\uff61]")
_NOT_BEFORE = frozenset("-_./")
_SHORT = 200
_TEXTS = 16
_LONGEST_LINK = 4_096
_LONGEST_SLUG = 40
_LONGEST_LABEL = 63
_CODED = len("xn--")
_DIGITS = 6  # that a letter outside of ASCII takes in DNS, at most


def _behind(general: str, last: str, query: str) -> regex.Pattern[str]:
    """Return what may stand behind a name: a port, a path with brackets in pairs, two deep, and a query."""
    pair = rf"\((?!\))[{general}]*+(?:\([{general}]++\)[{general}]*+)?+\)"
    path = rf"(?<path>/[{general}]*(?:{pair}[{general}]*)*(?<=[{last}]|\)))?"
    return regex.compile(rf"(?::[0-9]++)?{path}{query}", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a network takes for a link: names without `https://` as well (`bare`), and what may stand behind them."""

    behind: regex.Pattern[str]
    bare: bool


X: Final = Rules(
    behind=_behind(
        rf"a-z0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&\u0400-\u04ff{ACCENTED}",
        rf"+\-a-z0-9=_#/\u0400-\u04ff{ACCENTED}",
        _QUERY,
    ),
    bare=True,
)
MASTODON: Final = Rules(
    behind=_behind(
        r"^\s<>()?",
        r"^\s(?!*\"'\u300c\u300d<>;:=,.$%\[\]~&|@",
        r"(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@\^\xa0-\U0010fffd]*[a-z0-9_&=#/\-\xa0-\U0010fffd])?",
    ),
    bare=False,
)


class _Name(NamedTuple):
    """A name with its top-level domain: from where with `https://`, from where without, and to where."""

    begin: int
    first: int
    stop: int


def link_spans(text: str, rules: Rules = X) -> tuple[Span, ...]:
    """Return where a network sees links in a text, in order; of a longer text it is remembered for a while."""
    return (_remembered if len(text) > _SHORT else _link_spans)(text, rules)


def _link_spans(text: str, rules: Rules) -> tuple[Span, ...]:
    ends = list(_ends(text))
    found: list[Span] = []
    read = 0
    for dot, _ in ends:
        back = _BACK.match(text, read, dot) if read < dot else None
        run = back.start() if back else dot
        while read < dot:
            read, name = _name(text, max(run, read), read=read, dot=dot, ends=ends)
            if name is not None:
                behind = rules.behind.match(text, name.stop)
                read = behind.end() if behind else name.stop
                if _possible(text, name, read, ends):
                    found += _links(text, name, read, ends, rules=rules, path=bool(behind and behind["path"]))
    return tuple(found)


_remembered = lru_cache(_TEXTS)(_link_spans)


def _ends(text: str) -> Iterator[Span]:
    """Find each top-level domain with the dot before it."""
    for match in _END.finditer(text):
        latin = match["latin"]
        if latin is None or latin.lower() in TOP_LEVEL:
            yield match.span()


def _name(text: str, start: int, *, read: int, dot: int, ends: Sequence[Span]) -> tuple[int, _Name | None]:
    """Return the first name from `start` on that ends at `dot` or behind it, and how far was read."""
    scheme = _scheme(text, read, start)
    first = start
    if not scheme:
        found = _BEGIN.search(text, max(start, read + 1 if read else 0), dot)
        if found is None:
            return dot, None
        first = found.start()
        if not first and _BEGIN.match(text, 1):
            first = 1  # what may stand before a name does so at the very beginning, too
    parts = _PARTS.match(text, first)
    if parts is None:
        return text.index(".", first), None
    for end in range(bisect_left(ends, (parts.end(), 0)) - 1, bisect_left(ends, (first, 0)) - 1, -1):
        stop = ends[end][0]
        if "_" not in text[max(first, text.rfind(".", first, stop) + 1) : stop]:
            return stop, _Name(first - scheme, first, ends[end][1])
    return parts.end() - 1, None


def _scheme(text: str, read: int, start: int) -> int:
    """Return how long the `https://` or `http://` is that ends at `start`, 0 where none does."""
    for scheme in ("https://", "http://") if text.endswith("://", read, start) else ():
        begin = start - len(scheme)
        if text[max(read, begin) : start].lower() == scheme and (
            not begin or (begin > read and _BEGIN.match(text, begin))
        ):
            return len(scheme)
    return 0


def _possible(text: str, name: _Name, end: int, ends: Sequence[Span]) -> bool:
    """Tell whether DNS could know the name, and whether the whole is not too long."""
    scheme = name.first - name.begin or len("https://")
    if scheme + end - name.begin > _LONGEST_LINK:
        return False
    if text.startswith("xn--", name.first) and not any(_plain(text, name, ends)):
        return False
    return all(map(_is_label, text[name.first : name.stop].split(".")))


def _is_label(label: str) -> bool:
    """Tell whether one part of a name is as long as DNS allows, in the form that DNS has it in."""
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return 0 < len(label) <= _LONGEST_LABEL
    foreign = sum(len(letters) for letters in _FOREIGN.findall(label))
    if _CODED + len(label) + foreign * _DIGITS <= _LONGEST_LABEL:
        return True  # whatever the letters are
    parts = _DOTS.split(label)
    coded = (len(part) if part.isascii() else _CODED + len(part.encode("punycode")) for part in parts)
    return sum(coded) + len(parts) - 1 <= _LONGEST_LABEL


def _links(text: str, name: _Name, end: int, ends: Sequence[Span], *, rules: Rules, path: bool) -> Sequence[Span]:
    """Return the links in a name: one with `https://`; without, those of its pieces that are of Latin letters."""
    if name.begin < name.first:
        short = _SHORTENED.match(text, name.begin, end)
        if short is None:
            return [(name.begin, end)]
        return [short.span()] if len(short["slug"]) <= _LONGEST_SLUG else []
    if not rules.bare or (name.first and text[name.first - 1] in _NOT_BEFORE):
        return []
    plain = list(_plain(text, name, ends))
    return [*plain[:-1], (plain[-1][0], end)] if plain and path else plain


def _plain(text: str, name: _Name, ends: Sequence[Span]) -> Iterator[Span]:
    read = name.first
    while parts := _PLAIN_PARTS.search(text, read, name.stop):
        last = bisect_left(ends, (parts.end(), 0)) - 1
        read = parts.end()
        if last >= 0 and ends[last][0] > parts.start():
            read = ends[last][1]
            yield parts.start(), read
