"""From a page's post as the Graph API shows it to a Post. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from engine.model.post import Author, Card, Link, Media, Post
from engine.model.text import hashtags_in, links_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.facebook.shapes import Attachment, PagePost

HOUSEKEEPING: Final = frozenset({"cover_photo", "profile_media"})
"""Attachments of posts that Facebook writes by itself when the page gets another picture."""
_SHIMS: Final = frozenset({"l.facebook.com", "lm.facebook.com"})
_FILMS: Final = frozenset({"video", "video_inline", "video_autoplay", "animated_image_video", "live_video"})
_PICTURES: Final = frozenset({"photo", "album", "cover_photo", "profile_media", "new_album", "sticker"})


def post_of(shown: PagePost, words: Mapping[str, str] | None = None) -> Post:
    """Return the post that readers of the page see; `words` are what was written for those who do not see a photo."""
    attachments = list(_all(shown))
    links = _links(shown, attachments)
    titles = [one.title for one in attachments if one.title and _kind(one) not in _PICTURES]
    return Post(
        key=shown.id,
        text=shown.message or _words_of([*_top(shown), *attachments]),
        title="" if shown.message else next(iter(titles), ""),
        links=links,
        media=tuple(_media(shown, attachments, words or {})),
        hashtags=hashtags_in(shown.message),
        mentions=tuple(dict.fromkeys(tag.name.lstrip("#") for tag in shown.message_tags if _is_mention(tag.name))),
        author=Author(name=shown.author.name) if shown.author and shown.author.name else None,
        permalink=shown.permalink_url or None,
        published_at=shown.created_time,
        updated_at=shown.updated_time,
    )


def left_out(shown: PagePost) -> str:
    """Return why a post is not read, or nothing where it is."""
    if shown.is_published is False:
        return "not published yet"
    kinds = {one.type for one in _all(shown)}
    if not shown.message and kinds and kinds <= HOUSEKEEPING:
        return "a new picture of the page itself"
    if not shown.message and not kinds:
        return "nothing but what Facebook wrote"
    return ""


def photos_in(shown: PagePost) -> list[str]:
    """Return the ids of a post's photos."""
    return [one.target.id for one in _all(shown) if _kind(one) in _PICTURES and one.target and one.target.id]


def address(url: str) -> str:
    """Return where a link leads, behind Facebook's own redirect."""
    parts = urlsplit(url)
    if parts.hostname in _SHIMS:
        return parse_qs(parts.query).get("u", [url])[0]
    return url


def _all(shown: PagePost) -> Iterator[Attachment]:
    """Yield what is attached, the parts of an album instead of the album itself."""
    for one in _top(shown):
        parts = one.subattachments.data if one.subattachments else ()
        yield from parts or (one,)


def _top(shown: PagePost) -> tuple[Attachment, ...]:
    return shown.attachments.data if shown.attachments else ()


def _kind(one: Attachment) -> str:
    if one.type.startswith("video_share"):  # a film on another site: a link
        return "share"
    return "video" if one.type in _FILMS or one.media_type == "video" else one.media_type or one.type


def _words_of(attachments: Iterable[Attachment]) -> str:
    """Return the words of a post that has none of its own: those of its pictures or of what it links to."""
    return next((one.description for one in attachments if one.description), "")


def _links(shown: PagePost, attachments: Iterable[Attachment]) -> tuple[Link, ...]:
    found: dict[str, Link] = {}
    for one in attachments:
        url = address(one.unshimmed_url or one.url)
        if _kind(one) in _PICTURES or not url.startswith(("https://", "http://")):
            continue
        image = one.media.image.src if one.media and one.media.image else None
        card = Card(title=one.title, description=one.description, image=image or None)
        found.setdefault(url, Link(url=url, title=one.title, card=card))
    for url in links_in(shown.message):
        found.setdefault(url, Link(url=url))
    return tuple(found.values())


def _media(shown: PagePost, attachments: list[Attachment], words: Mapping[str, str]) -> Iterator[Media]:
    for one in attachments:
        known = one.target.id if one.target else ""
        image = one.media.image if one.media else None
        if _kind(one) == "video":
            if one.media and one.media.source:
                yield Media(url=one.media.source, key=known or None, kind="video", alt=one.title)
        elif _kind(one) in _PICTURES and image and image.src:
            alt = words.get(known, "")
            yield Media(url=image.src, key=known or None, alt=alt, width=image.width, height=image.height)
    if not attachments and shown.full_picture:
        yield Media(url=shown.full_picture, key=shown.id)


def _is_mention(name: str) -> bool:
    return bool(name) and not name.startswith("#")
