"""Own short links: addresses of a post that an operator asked to be shortened, replaced just before it is rendered.

A short link is `{public address}/s/{code}`; the code tells nothing, and is as long as the stand-in that a dry run
shows, which makes no codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.ids import CODE_LENGTH
from engine.model.text import LINK, links_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.model.post import Post

PATH: Final = "/s/"
STAND_IN: Final = f"https://chappe.example{PATH}{'x' * CODE_LENGTH}"


def wanted(post: Post) -> tuple[str, ...]:
    """Return the addresses that are to be shortened and that the post still has, each once, in order."""
    if not post.short:
        return ()
    links = (*(link.url for link in post.links), *((post.link,) if post.link else ()))
    there = {*links, *links_in(post.text), *links_in(post.comment)}
    return tuple(dict.fromkeys(url for url in post.short if url in there))


def shortened(post: Post, instead: Mapping[str, str]) -> Post:
    """Return the post with these addresses replaced wherever it has them; nothing more is to be shortened."""
    if not post.short:
        return post
    links = tuple(link.model_copy(update={"url": instead.get(link.url, link.url)}) for link in post.links)
    text, comment = (
        LINK.sub(lambda match: instead.get(match.group(), match.group()), words) for words in (post.text, post.comment)
    )
    return post.model_copy(update={"links": links, "text": text, "comment": comment, "short": ()})


def standing_in(post: Post) -> Post:
    """Return the post as it would be with short links, whose codes nobody has made."""
    return shortened(post, dict.fromkeys(wanted(post), STAND_IN))
