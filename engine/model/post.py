"""A post: one piece of content, platform-neutral, identified by (source, key).

Sources make posts, operators give changed copies of them, sinks render them. A post is frozen;
`post.model_copy(update=...)` makes the changed copy, `post.content_hash` tells whether a reader would see a difference.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from engine.model.text import fingerprint_of, normalised, storable

MediaKind = Literal["image", "video", "audio", "document"]
TELLING: Final = 24
"""Characters of words, without links and punctuation, from which on a post is known by them."""

Text: TypeAlias = Annotated[str, AfterValidator(storable)]


class Frozen(BaseModel):
    """Base of the model's values: immutable, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(Frozen):
    """Who wrote the post, as the source names them."""

    name: Text
    url: Text | None = None


class Card(Frozen):
    """What a link's page says of itself (OpenGraph)."""

    title: Text = ""
    description: Text = ""
    image: Text | None = None


class Link(Frozen):
    """An address that the post points to, with its card where the source gave one."""

    url: Text
    title: Text = ""
    card: Card | None = None


class Media(Frozen):
    """A picture, film or file by its address; sizes are in pixels and bytes, where the source tells them.

    `key` tells it again where its address changes by itself, as signed addresses do.
    """

    url: Text
    key: Text | None = None
    kind: MediaKind = "image"
    mime: Text | None = None
    alt: Text = ""
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


class Post(Frozen):
    """One piece of content as its source gave it, or as an operator changed it.

    `key` is stable within the source and at most 500 characters. `text` is plain text with its links written out,
    `html` the sanitised origin where there was one. Times are aware. `short` are addresses in it that an operator wants
    to be replaced by short links; `comment` is the first comment for which its addresses leave the text, where a
    network takes one.
    """

    key: Text = Field(min_length=1, max_length=500)
    text: Text = ""
    title: Text = ""
    html: Text | None = None
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    hashtags: tuple[Text, ...] = ()
    mentions: tuple[Text, ...] = ()
    language: Text | None = None
    author: Author | None = None
    permalink: Text | None = None
    published_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    short: tuple[Text, ...] = ()
    comment: Text = ""

    @property
    def content_hash(self) -> str:
        """Tell two revisions apart: SHA-256 (hex) over what a reader would see.

        Addresses that may change by themselves do not count: those of media with a key, and of a card's picture.
        """
        media = tuple(one.model_copy(update={"url": one.key}) if one.key else one for one in self.media)
        seen = self.model_copy(update={"media": media}).model_dump_json(
            include={"text", "title", "links", "media", "permalink"},
            exclude={"links": {"__all__": {"card": {"image"}}}},
        )
        return hashlib.sha256(seen.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Recognise the same words elsewhere: links, case, punctuation and white space do not count.

        Empty for few words: “Read more” stands under many posts, and none is known by it.
        """
        words = self.text or self.title
        return fingerprint_of(words) if len(normalised(words)) >= TELLING else ""

    @property
    def link(self) -> str | None:
        """The address a reader would follow: the first link, else the permalink of an article.

        An article has a title. What has none is complete as it stands: its words do not lead to where they were first.
        """
        if self.links:
            return self.links[0].url
        return self.permalink if self.title else None


class Content(Frozen):
    """What will stand on one network: rendered once for each sink and variant, shared by its deliveries.

    `comment` is the first comment that goes below it, empty where there is none.
    """

    text: Text = ""
    title: Text = ""
    link: Text | None = None
    media: tuple[Media, ...] = ()
    variant: int = 0
    post_key: Text = ""
    permalink: Text | None = None
    published_at: AwareDatetime | None = None
    author: Author | None = None
    hashtags: tuple[Text, ...] = ()
    language: Text | None = None
    comment: Text = ""

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) over everything in it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
