"""A post in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.post import Link
from engine.model.text import hashtags_in, links_in, mentions_in

if TYPE_CHECKING:
    from engine.model.post import Post


def reworded(post: Post, *, text: str | None = None, title: str | None = None) -> Post:
    """Return a post in other words; links, hashtags and mentions that went with the former words go. Pure."""
    titled = post.model_copy(update={"title": post.title if title is None else title})
    if text is None or text == post.text:
        return titled
    links = {link.url: link for link in post.links}
    urls = _left(tuple(links), links_in(post.text), links_in(text))
    changes = {
        "text": text,
        "html": None,
        "links": tuple(links.get(url) or Link(url=url) for url in urls),
        "hashtags": _left(post.hashtags, hashtags_in(post.text), hashtags_in(text)),
        "mentions": _left(post.mentions, mentions_in(post.text), mentions_in(text)),
    }
    return titled.model_copy(update=changes)


def _left(known: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is known but for what stood in the words before and does not any more, and what came with them."""
    gone = {*before} - {*after}
    return tuple(dict.fromkeys((*(one for one in known if one not in gone), *after)))
