"""Conditions on a post, as `keep` and `drop` take them.

A condition holds when every test in it holds. A test with several values holds for any of them. Texts are compared
folded: case, accents written in two ways, and full-width letters do not count; `case_sensitive: true` makes them count.

`all`, `any` and `none` hold further conditions: every, at least one, or none of them must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from engine.contract.node import NodeConfig
from engine.model.duration import Duration
from engine.model.post import MediaKind
from mappings.fields import OneOrMore, OrOne, refusal
from mappings.pattern_weight import HEAVIEST
from mappings.patterns import PatternText, too_heavy

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Test(NodeConfig):
    """Something that must say at least one thing."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            names = [f"`{field.alias or name}:`" for name, field in type(self).model_fields.items()]
            raise ValueError(f"This tests nothing. Say at least one of {', '.join(names[:-1])} or {names[-1]}.")
        return self


class TextTest(_Test):
    """What a text says: each of these that is given must hold."""

    contains: OneOrMore[str] | None = Field(default=None, description="It has any of these in it, also within a word.")
    starts_with: OneOrMore[str] | None = Field(default=None, description="It begins with any of these.")
    equals: OneOrMore[str] | None = Field(default=None, description="It is one of these.")
    matches: Annotated[tuple[PatternText, ...], Field(min_length=1, max_length=20), OrOne()] | None = Field(
        default=None, description="Any of these patterns (RE2) is found in it."
    )
    case_sensitive: bool = Field(default=False, description="Whether A and a differ; patterns say (?-i) instead.")

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if self.model_fields_set == {"case_sensitive"}:
            raise ValueError("This tests nothing. Say one of `contains:`, `starts_with:`, `equals:` or `matches:`.")
        return self


class Bounds(_Test):
    """A least and a most, each included."""

    min: int | None = Field(default=None, ge=0, description="At least so many.")
    max: int | None = Field(default=None, ge=0, description="At most so many.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is more than `max`: no post can fulfil it.")
        return self

    def hold(self, number: int) -> bool:
        """Tell whether a number lies within them."""
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class LinkTest(_Test):
    """Which addresses a post points to."""

    has: bool | None = Field(default=None, description="Whether it points to any address.")
    host: OneOrMore[str] | None = Field(
        default=None, description="It points to any of these hosts, or to a host below one of them."
    )


class MediaTest(_Test):
    """Which pictures, films and files a post has."""

    has: bool | None = Field(default=None, description="Whether it has any.")
    kind: OneOrMore[MediaKind] | None = Field(default=None, description="It has any of these kinds.")
    count: Bounds | None = Field(default=None, description="How many it has, of these kinds where `kind:` is given.")


class AgeTest(_Test):
    """How long ago a post was published; one whose source does not say is as old as it is to us: new."""

    older: Duration | None = Field(default=None, description="Published longer ago than this.")
    newer: Duration | None = Field(default=None, description="Published less long ago than this.")


class Condition(_Test):
    """A condition on a post: every test in it must hold."""

    all: OneOrMore[Condition] | None = Field(default=None, title="All", description="Each of these conditions holds.")
    any: OneOrMore[Condition] | None = Field(
        default=None, title="Any", description="At least one of these conditions holds."
    )
    none: OneOrMore[Condition] | None = Field(default=None, title="None", description="None of these conditions holds.")
    text: TextTest | None = Field(default=None, title="Text", description="What the post's text says.")
    title: TextTest | None = Field(default=None, title="Title", description="What the post's title says.")
    hashtag: OneOrMore[str] | None = Field(
        default=None, title="Hashtag", description="It has any of these hashtags; written with or without #."
    )
    link: LinkTest | None = Field(default=None, title="Link", description="Which addresses it points to.")
    language: OneOrMore[str] | None = Field(
        default=None, title="Language", description="It is in any of these languages, such as fr or pt-BR."
    )
    media: MediaTest | None = Field(default=None, title="Media", description="Which pictures, films and files it has.")
    length: Bounds | None = Field(default=None, title="Length", description="How many characters its text has.")
    author: OneOrMore[str] | None = Field(
        default=None, title="Author", description="It is by any of these authors, as the source names them."
    )
    age: AgeTest | None = Field(default=None, title="Age", description="How long ago it was published.")

    @property
    def weight(self) -> int:
        """How much work its patterns are together."""
        tests = [test.matches or () for test in (self.text, self.title) if test]
        inner = (*(self.all or ()), *(self.any or ()), *(self.none or ()))
        return sum(pattern.weight for test in tests for pattern in test) + sum(part.weight for part in inner)

    @model_validator(mode="after")
    def _light(self) -> Self:
        bear([self])
        return self


def bear(conditions: Iterable[Condition]) -> None:
    """Refuse conditions of one node whose patterns are too much work together; raises ValueError."""
    weight = sum(condition.weight for condition in conditions)
    if weight > HEAVIEST:
        raise refusal("pattern", too_heavy("The patterns of this node weigh together", weight))
