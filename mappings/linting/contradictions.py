"""Conditions that can never hold: what each asks of a post, and what they ask together along a way.

Only what is certain is found: languages, authors, lengths, and whether there are links and media.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from mappings.operators.sieve import Drop, Keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.conditions import Condition
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch

_FAR: Final = 8
"""How many operators back a node is compared with."""

_WAITING: Final = ("steady", "slots", "pace", "delay")
"""Kinds of operators that change nothing of a post."""


@dataclass(slots=True)
class Asked:
    """What a post must be, of all that was asked so far; `clash` says what cannot be together."""

    languages: tuple[str, ...] | None = None
    authors: frozenset[str] | None = None
    least: int = 0
    most: int | None = None
    has: dict[str, bool] = field(default_factory=dict)
    clash: str = ""

    def all_of(self, condition: Condition) -> None:
        """Take in that a condition holds."""
        if condition.language:
            self._languages(condition.language)
        if condition.author:
            self._authors(frozenset(name.casefold().strip() for name in condition.author))
        if condition.length:
            self._length(condition.length.min or 0, condition.length.max)
        for what, test in (("links", condition.link), ("media", condition.media)):
            if test is not None and test.has is not None:
                self._has(what, there=test.has)
        for inner in condition.all or ():
            self.all_of(inner)
        for inner in condition.none or ():
            self.not_of(inner)

    def not_of(self, condition: Condition) -> None:
        """Take in that a condition does not hold, where it is one test of what a post has."""
        if condition.model_fields_set == {"link"} and condition.link and condition.link.model_fields_set == {"has"}:
            self._has("links", there=not condition.link.has)
        if condition.model_fields_set == {"media"} and condition.media and condition.media.model_fields_set == {"has"}:
            self._has("media", there=not condition.media.has)
        if condition.model_fields_set == {"language"} and self.languages is not None:
            gone = _tags(condition.language or ())
            if all(any(_covers(other, tag) for other in gone) for tag in self.languages):
                self.clash = f"no language is left of {_or(self.languages)}"

    def _languages(self, wanted: tuple[str, ...]) -> None:
        tags = _tags(wanted)
        if self.languages is None:
            self.languages = tags
            return
        both = {tag for tag in tags for other in self.languages if _covers(other, tag)}
        both |= {other for other in self.languages for tag in tags if _covers(tag, other)}
        if not both:
            self.clash = f"a post in {_or(self.languages)} is not in {_or(tags)}"
        self.languages = tuple(sorted(both))

    def _authors(self, wanted: frozenset[str]) -> None:
        self.authors = wanted if self.authors is None else self.authors & wanted
        if not self.authors:
            self.clash = "no author is asked for both times"

    def _length(self, least: int, most: int | None) -> None:
        self.least = max(self.least, least)
        self.most = most if self.most is None else min(self.most, self.most if most is None else most)
        if self.most is not None and self.least > self.most:
            self.clash = f"no text has at least {self.least} and at most {self.most} characters"

    def _has(self, what: str, *, there: bool) -> None:
        if self.has.setdefault(what, there) is not there:
            self.clash = f"a post with {what} is not one without"


def clashes(sketch: Sketch, ways: Ways) -> Iterator[tuple[str, str]]:
    """Give each node that lets nothing pass, with the reason; where one does, those behind it are not given."""
    silent: set[str] = set()
    asked: dict[str, Asked] = {}
    for name, node in sketch.nodes.items():
        if not isinstance(node, (Keep, Drop)):
            continue
        earlier = list(islice(_same_post(sketch, ways, name), _FAR))
        sieves = [each for each in earlier if isinstance(sketch.nodes[each], (Keep, Drop))]
        if not silent.isdisjoint(sieves):
            silent.add(name)
            continue
        known = asked.get(sieves[0]) if sieves else None
        if known is None:
            known = Asked()
            for each in reversed(sieves):
                _ask(known, sketch.nodes[each])
        asked[name] = now = replace(known, has=dict(known.has))
        _ask(now, node)
        clash = now.clash or _opposite(sketch, name, sieves)
        if clash:
            silent.add(name)
            yield name, clash


def _ask(asked: Asked, sieve: Any) -> None:
    if isinstance(sieve, Keep):
        asked.all_of(sieve.config)
    else:
        asked.not_of(sieve.config)


def _same_post(sketch: Sketch, ways: Ways, name: str) -> Iterator[str]:
    """Give the operators before a node as long as they change nothing of what conditions ask for."""
    for each in ways.before(name):
        node = sketch.nodes.get(each)
        if node is None or not (isinstance(node, (Keep, Drop)) or node.kind in _WAITING):
            return
        yield each


def _opposite(sketch: Sketch, name: str, earlier: list[str]) -> str:
    """Say which earlier node took out just what this one keeps, or kept just what this one takes out."""
    node: Any = sketch.nodes[name]
    for each in earlier:
        other = sketch.nodes[each]
        if type(other) is type(node) or other.config.model_fields_set != node.config.model_fields_set:
            continue
        if other.config == node.config and not _by_age(node.config):
            return f"`{each}` has the same condition, and does the opposite"
    return ""


def _by_age(condition: Condition) -> bool:
    inner = (*(condition.all or ()), *(condition.any or ()), *(condition.none or ()))
    return condition.age is not None or any(map(_by_age, inner))


def _tags(languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(language.casefold().replace("_", "-") for language in languages)


def _covers(wider: str, tag: str) -> bool:
    return tag == wider or tag.startswith(f"{wider}-")


def _or(tags: tuple[str, ...]) -> str:
    return " or ".join(tags)
