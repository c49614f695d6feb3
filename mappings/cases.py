"""The `tests:` of a mapping: posts that go in, and what is expected of its nodes."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.model.post import MediaKind
from mappings.conditions import Bounds
from mappings.fields import OneOrMore, refusal
from mappings.moments import START, MomentText
from mappings.patterns import PatternText

NOTHING: Final = "nothing"
MOST_MEDIA: Final = 100
_EXPECTED: Final = "This should be `nothing`, or say what the posts should be, such as `{text: hello}` or `{count: 2}`."


class Part(BaseModel):
    """A part of a test with the keys that it declares and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _short_for(key: str, short: type, model: type[BaseModel]) -> BeforeValidator:
    """Take a lone value for the most usual key of a part."""

    def mend(value: Any) -> Any:
        return {key: value} if type(value) is short else value

    return BeforeValidator(mend, json_schema_input_type=short | model)


def _count(value: Any) -> Any:
    return {"min": value, "max": value} if type(value) is int else value


class GivenMedia(Part):
    """A picture, film or file of a given post."""

    kind: MediaKind = Field(default="image", description="What it is.")
    alt: str = Field(default="", description="Its description for those who cannot see it.")
    url: str | None = Field(default=None, description="Its address; else one is made up.")


def _media(value: Any) -> Any:
    return [{}] * value if type(value) is int and 0 <= value <= MOST_MEDIA else value


class GivenPost(Part):
    """A post that goes in."""

    text: str | None = Field(default=None, description="Its text.")
    title: str | None = Field(default=None, description="Its title: with one it is an article.")
    link: str | None = Field(default=None, description="The address that it points to.")
    links: OneOrMore[str] | None = Field(default=None, description="The addresses that it points to.")
    media: (
        Annotated[
            tuple[GivenMedia, ...],
            BeforeValidator(_media, json_schema_input_type=Annotated[int, Field(ge=0)] | list[GivenMedia]),
        ]
        | None
    ) = Field(default=None, max_length=MOST_MEDIA, description="Its pictures: how many, or a list of them.")
    hashtags: OneOrMore[str] | None = Field(default=None, description="Its hashtags; else those in its text.")
    mentions: OneOrMore[str] | None = Field(default=None, description="Whom it mentions; else those in its text.")
    author: str | None = Field(default=None, description="Who wrote it.")
    language: str | None = Field(default=None, description="Its language, such as fr.")
    permalink: str | None = Field(default=None, description="Its own address.")
    published: MomentText | None = Field(default=None, description="When it was published; else when it comes.")
    at: MomentText | None = Field(default=None, description="When it comes; else with the one before, or at the start.")
    key: str | None = Field(
        default=None, max_length=500, description="A second post with the key of an earlier one is a change of it."
    )
    fixture: str | None = Field(
        default=None, description="A post of a file beside the mapping, as FILE#NAME; the other keys change it."
    )


class TextWish(Part):
    """What a text should be: each of these that is given must hold, letter for letter."""

    equals: str | None = Field(default=None, description="It is this.")
    contains: OneOrMore[str] | None = Field(default=None, description="It has each of these in it.")
    not_: OneOrMore[str] | None = Field(default=None, alias="not", description="It has none of these in it.")
    starts_with: str | None = Field(default=None, description="It begins so.")
    ends_with: str | None = Field(default=None, description="It ends so.")
    matches: OneOrMore[PatternText] | None = Field(default=None, description="Each of these patterns is found in it.")


TextExpected: TypeAlias = Annotated[TextWish, _short_for("equals", str, TextWish)]
CountWish: TypeAlias = Annotated[
    Bounds, BeforeValidator(_count, json_schema_input_type=Annotated[int, Field(ge=0)] | Bounds)
]


class MediaWish(Part):
    """What pictures, films and files a post should have."""

    count: CountWish | None = Field(default=None, description="How many.")
    kind: MediaKind | None = Field(default=None, description="What all of them are.")
    alt: TextExpected | None = Field(default=None, description="What each is described by.")


class ExpectedPost(Part):
    """What a post should be where it leaves an operator, or in the words of a sink."""

    text: TextExpected | None = Field(default=None, description="Its text, in each variant.")
    comment: TextExpected | None = Field(default=None, description="Its first comment, empty where it has none.")
    title: TextExpected | None = Field(default=None, description="Its title.")
    link: TextExpected | None = Field(default=None, description="The address that it points to.")
    length: CountWish | None = Field(default=None, description="How long its text is, as the sink's network counts.")
    hashtags: OneOrMore[str] | None = Field(default=None, description="It has each of these hashtags.")
    media: Annotated[MediaWish, _short_for("count", int, MediaWish)] | None = Field(
        default=None, description="Its pictures."
    )
    at: MomentText | None = Field(default=None, description="When it comes to the sink, or leaves the operator.")
    variants: OneOrMore[TextExpected] | None = Field(default=None, description="The text of each variant, in order.")


class Expected(ExpectedPost):
    """What is expected of a node: of every post that comes to a sink, or leaves another node."""

    nothing: Literal[True] | None = Field(default=None, description="No post comes there, or leaves it.")
    count: CountWish | None = Field(default=None, description="How many posts do.")
    posts: OneOrMore[ExpectedPost] | None = Field(default=None, description="Each of them, in order.")
    dropped: Literal[True] | str | None = Field(
        default=None, description="A post ends there: true, or words of the reason."
    )
    held: bool | str | None = Field(
        default=None, description="A post waits there: true, false, or words of the reason."
    )


def _expected(value: Any) -> Any:
    if value == NOTHING:
        return {NOTHING: True}
    if not isinstance(value, dict | Expected):
        raise refusal("expected", _EXPECTED)
    return value


def _posts(value: Any) -> Any:
    """Take one post for a list of one, and a text for a post."""
    listed = value if isinstance(value, list) else [value]
    return [{"text": one} if isinstance(one, str) else one for one in listed]


Given: TypeAlias = Annotated[
    tuple[GivenPost, ...],
    BeforeValidator(_posts, json_schema_input_type=str | GivenPost | list[str | GivenPost]),
    Field(min_length=1, max_length=1_000),
]
Wish: TypeAlias = Annotated[Expected, BeforeValidator(_expected, json_schema_input_type=Literal["nothing"] | Expected)]


class CaseEntry(Part):
    """A test of the mapping: posts that go in, and what is expected of its nodes."""

    name: str = Field(min_length=1, description="What holds, in a few words.")
    now: MomentText = Field(
        default=START,
        json_schema_extra={"default": START.written},
        description="The time at the start, in the mapping's zone; else Monday 2026-01-05 09:00.",
    )
    until: MomentText | None = Field(
        default=None, description="When the test ends; else 31 days after the last post came."
    )
    given: dict[str, Given] = Field(description="Posts by the node at which they go in.")
    decided: dict[str, Literal["approved", "rejected"]] = Field(
        default={}, description="What an editor says of every post, by the node that asks."
    )
    answers: dict[str, Literal["well", "badly"]] = Field(
        default={}, description="How the network answers a node that asks it; else well, and nothing changes by it."
    )
    expect: dict[str, Wish] = Field(description="What is expected, by node or by `router.port`.")
