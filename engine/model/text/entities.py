"""What can be clicked in a text, and where it stands: as readers take it on any network, and as X does.

X's rules are those of its open-source text library (https://github.com/twitter/twitter-text, release 3.1.0, read
2026-11-22). All places are in code points; `spans_in` tells them in the units that a network wants.
"""

from __future__ import annotations

from heapq import merge
from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import regex

from engine.model.text.links import ACCENTED, PUNCTUATION, SPACES, link_spans
from engine.model.text.units import measure
from engine.model.text.words import HASHTAG, LINK, MENTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.model.text.links import Span

EntityKind: TypeAlias = Literal["link", "mention", "list", "hashtag", "cashtag"]

_AT = r"[@\uff20]"
_HASH = r"[#\uff03]"
_LETTER = r"\p{L}\p{M}"
_SIGN = (  # what a hashtag may have besides letters and digits
    r"_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7"
)
X_MENTION: Final = regex.compile(
    r"(?:(?<![a-zA-Z0-9_!#$%&*@\uff20])|(?<=(?<![a-zA-Z0-9_+~.-])[rR][tT]:?))"
    rf"{_AT}(?<name>[a-zA-Z0-9_]{{1,20}}+)(?<list>/[a-zA-Z][a-zA-Z0-9_-]{{0,24}}+)?+(?!{_AT}|[{ACCENTED}]|://)"
)
X_HASHTAG: Final = regex.compile(
    rf"(?:(?<=[\ufe0e\ufe0f])|(?<![{_LETTER}\p{{Nd}}{_SIGN}&])){_HASH}(?![\ufe0f\u20e3])"
    rf"(?<name>(?=[\p{{Nd}}{_SIGN}]*+[{_LETTER}])[{_LETTER}\p{{Nd}}{_SIGN}]++)(?!{_HASH}|://)"
)
X_CASHTAG: Final = regex.compile(
    rf"(?<![^{SPACES}])\$(?<name>[a-z]{{1,6}}(?:[._][a-z]{{1,2}})?)(?=$|[{SPACES}{PUNCTUATION}])", regex.IGNORECASE
)
_BEGIN = attrgetter("start")
_REPLY = regex.compile(rf"[{SPACES}]*+{_AT}(?<name>[a-zA-Z0-9_]{{1,20}}+)(?!{_AT}|[{ACCENTED}]|://)")
_CASHTAG = regex.compile(r"(?<![\w$&])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![\w$])")


class Entity(NamedTuple):
    """Something that can be clicked: `text` is as it is written, with its sign, from `start` to `end`.

    A tuple, because a text can be full of them.
    """

    kind: EntityKind
    start: int
    end: int
    text: str

    @property
    def name(self) -> str:
        """Return it without its sign, and a list without who made it; a link as it is."""
        return self.text if self.kind == "link" else self.text[1:]


def entities_in(text: str) -> tuple[Entity, ...]:
    """Return what readers take for links, mentions, hashtags and cashtags on any network, in order."""
    return tuple(_apart(sorted(chain(*_found(text)), key=_BEGIN)))


def x_entities_in(text: str) -> tuple[Entity, ...]:
    """Return what X makes links of, in order; a list is `@user/list`."""
    return tuple(_apart(sorted(chain(*_found_by_x(text, link_spans(text))), key=_BEGIN)))


def entities_from(text: str, x_links: Sequence[Span] | None = None) -> Iterator[Entity]:
    """Give what `entities_in` has, read no farther than it is asked for; with `x_links` what `x_entities_in` has, too.

    Of two that begin at the same place the one that readers see comes first. `x_links` are the text's `link_spans`.
    """
    seen = _apart(merge(*_found(text), key=_BEGIN))
    return seen if x_links is None else merge(seen, _apart(merge(*_found_by_x(text, x_links), key=_BEGIN)), key=_BEGIN)


def x_reply_in(text: str) -> str | None:
    """Return whom X takes a text to answer: the name that it begins with."""
    match = _REPLY.match(text)
    return match["name"] if match else None


def spans_in(text: str, spans: Sequence[Span], unit: Literal["utf16", "bytes"]) -> list[Span]:
    """Tell places of a text in code units of UTF-16 or bytes of UTF-8, as interfaces and facets want them."""
    places = sorted({0, *chain.from_iterable(spans)})
    told = {0: 0}
    for before, place in pairwise(places):
        told[place] = told[before] + measure(text[before:place], unit)
    return [(told[start], told[end]) for start, end in spans]


def _found(text: str) -> tuple[Iterator[Entity], ...]:
    words = LINK.sub(lambda link: " " * len(link.group()), text)
    return (
        (_entity("link", text, match.span()) for match in LINK.finditer(text)),
        (_entity("mention", text, match.span()) for match in MENTION.finditer(words)),
        (_entity("hashtag", text, match.span()) for match in HASHTAG.finditer(words)),
        (_entity("cashtag", text, match.span()) for match in _CASHTAG.finditer(words)),
    )


def _found_by_x(text: str, links: Sequence[Span]) -> tuple[Iterator[Entity], ...]:
    return (
        (_entity("link", text, span) for span in links),
        (_entity("list" if match["list"] else "mention", text, match.span()) for match in X_MENTION.finditer(text)),
        (_entity("hashtag", text, match.span()) for match in X_HASHTAG.finditer(text)),
        (_entity("cashtag", text, match.span()) for match in X_CASHTAG.finditer(text)),
    )


def _entity(kind: EntityKind, text: str, span: Span) -> Entity:
    start, end = span
    return Entity(kind, start, end, text[start:end])


def _apart(found: Iterable[Entity]) -> Iterator[Entity]:
    """Leave out what begins inside another; they come in order."""
    over = 0
    for entity in found:
        if entity.start >= over:
            yield entity
            over = entity.end
