"""What can be clicked in a text, and where it stands: as readers take it on any network, and as X does.

X's rules are those of its open-source text library (https://github.com/twitter/twitter-text, release 3.1.0, read
2026-11-22). All places are in code points; `spans_in` tells them in the units that a network wants.
"""

from __future__ import annotations

from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import regex

from engine.model.text.links import ACCENTED, PUNCTUATION, SPACES, link_spans
from engine.model.text.units import measure
from engine.model.text.words import HASHTAG, LINK, MENTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    words = LINK.sub(lambda link: " " * len(link.group()), text)
    return _apart(
        chain(
            (_entity("link", text, match.span()) for match in LINK.finditer(text)),
            (_entity("mention", text, match.span()) for match in MENTION.finditer(words)),
            (_entity("hashtag", text, match.span()) for match in HASHTAG.finditer(words)),
            (_entity("cashtag", text, match.span()) for match in _CASHTAG.finditer(words)),
        )
    )


def x_entities_in(text: str) -> tuple[Entity, ...]:
    """Return what X makes links of, in order; a list is `@user/list`."""
    return _apart(
        chain(
            (_entity("link", text, span) for span in link_spans(text)),
            (_entity("list" if match["list"] else "mention", text, match.span()) for match in X_MENTION.finditer(text)),
            (_entity("hashtag", text, match.span()) for match in X_HASHTAG.finditer(text)),
            (_entity("cashtag", text, match.span()) for match in X_CASHTAG.finditer(text)),
        )
    )


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


def _entity(kind: EntityKind, text: str, span: Span) -> Entity:
    start, end = span
    return Entity(kind, start, end, text[start:end])


def _apart(found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Leave out what begins inside another."""
    kept: list[Entity] = []
    over = 0
    for entity in sorted(found, key=attrgetter("start")):
        if entity.start >= over:
            kept.append(entity)
            over = entity.end
    return tuple(kept)
