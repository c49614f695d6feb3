"""From a post to what will stand on one network: rendered once for each sink and variant, shared by its deliveries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from engine.content.first_comment import apart, without
from engine.errors import MappingError
from engine.model.post import Content
from engine.model.text import Bound, Unit, fit_into, links_in

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from engine.content.template import Template
    from engine.model.post import Media, MediaKind, Post

_COUNTED: Final[dict[str, str]] = {
    "x_weighted": "characters as X counts them",
    "threads": "characters as Threads counts them",
    "mastodon": "characters as Mastodon counts them",
    "utf16": "units of UTF-16",
}

_WITHOUT: Final[dict[MediaKind, str]] = {
    "image": "a picture",
    "video": "a film",
    "audio": "a recording",
    "document": "a document",
}


@dataclass(frozen=True, slots=True)
class Room:
    """What a network takes: how much text, and how many pictures; None means that no limit is known.

    A network that counts its texts in several units has the limits of the others in `text_also`. With `link_in_text`
    readers see the post's link only where the text has it. With `needs_media` it takes no post without one of them.
    `comment` are the limits of a first comment, where it takes one.
    """

    text_max: int | None = None
    text_unit: Unit = "characters"
    media_max: int | None = None
    text_also: tuple[Bound, ...] = ()
    link_in_text: bool = False
    needs_media: tuple[MediaKind, ...] = ()
    comment: tuple[Bound, ...] | None = None

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Every limit that a text must keep."""
        own = () if self.text_max is None else ((self.text_max, self.text_unit),)
        return (*own, *self.text_also)


@dataclass(frozen=True, slots=True)
class Wording:
    """Which words a content gets: a template, or without one the post's own; `number` counts the sink's variants."""

    mapping: str
    zone: ZoneInfo
    template: Template | None = None
    number: int = 0


def render(post: Post, wording: Wording, room: Room) -> Content:
    """Return the content of one variant, within what the network takes.

    Raises MappingError (a TemplateError where the template fails) when a post that has words would lose them all, and
    when it has no picture where one is needed.
    """
    bare = lacking(post.media, room)
    if bare:
        raise MappingError(bare)
    text, comment = _apart(post, wording, room) or (_text(post, wording, room), "")
    return Content(
        text=text,
        title=post.title,
        link=None if comment else post.link,
        media=_media(post.media, room.media_max),
        variant=wording.number,
        post_key=post.key,
        permalink=post.permalink,
        published_at=post.published_at,
        author=post.author,
        hashtags=post.hashtags,
        language=post.language,
        comment=comment,
    )


def counted(unit: str) -> str:
    """Return what a unit of text is called: characters, or as which network counts them."""
    return _COUNTED.get(unit, unit)


def left_behind(post: Post, media_max: int | None) -> str:
    """Return in a sentence how many of a post's pictures the network does not take; empty where it takes all."""
    pictures = sum(piece.kind == "image" for piece in post.media)
    most = pictures if media_max is None else media_max
    if pictures <= most:
        return ""
    stay = "stays" if pictures - most == 1 else "stay"
    return f"Takes at most {most} picture{'s' * (most != 1)} of a post: {pictures - most} of {pictures} {stay} behind."


def lacking(media: tuple[Media, ...], room: Room) -> str:
    """Return the sentence that says which medium is missing that a post must have there; empty where none is."""
    if not room.needs_media or any(piece.kind in room.needs_media for piece in media):
        return ""
    kinds = " or ".join(_WITHOUT[kind] for kind in room.needs_media)
    return f"The network takes no post without {kinds}, and this one has none. Add one with a `media` operator before."


def _media(media: tuple[Media, ...], most: int | None) -> tuple[Media, ...]:
    """Leave out the pictures above that number; a sink says itself what it does with films and files."""
    numbers = accumulate(piece.kind == "image" for piece in media)
    return tuple(
        piece
        for piece, number in zip(media, numbers, strict=True)
        if most is None or number <= most or piece.kind != "image"
    )


def _apart(post: Post, wording: Wording, room: Room) -> tuple[str, str] | None:
    """Return the text without what the first comment says, and the comment; None where there is none."""
    bare, comment = apart(post, room.comment)
    if not comment:
        return None
    text = without(_text(bare, wording, replace(room, link_in_text=False)), links_in(comment))
    return (text, comment) if text else None


def _text(post: Post, wording: Wording, room: Room) -> str:
    own = post.text.strip() or post.title.strip()
    text = own
    if wording.template is not None:
        text = wording.template.render(post, mapping=wording.mapping, zone=wording.zone, bounds=room.bounds).strip()
    if own and not text:
        raise MappingError("The template leaves no text of this post: nothing would be published.")
    if room.link_in_text and post.link and post.link not in text:
        text = f"{text}\n{post.link}".strip()
    fitted = fit_into(text, room.bounds)
    if text and not fitted:
        limits = " and ".join(f"{limit} {counted(unit)}" for limit, unit in room.bounds)
        message = f"Nothing of the text can stay whole within {limits}: shorten its first word."
        raise MappingError(message)
    return fitted
