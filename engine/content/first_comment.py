"""The first comment: addresses that leave a post's text and stand in a comment below it, where a network takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from engine.model.text import LINK, fit_into, links_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.model.post import Post
    from engine.model.text import Bound

_GAP: Final = regex.compile(r"\n{3,}")


def apart(post: Post, bounds: Sequence[Bound] | None) -> tuple[Post, str]:
    """Return a post without the addresses of its first comment, and the comment.

    The post is as it was, and the comment empty, where the network takes none (None), where its addresses find no room
    in one, and where nothing would be left of the post.
    """
    if not post.comment or bounds is None:
        return post, ""
    gone, comment = links_in(post.comment), fit_into(post.comment, bounds)
    text = without(post.text, gone)
    if not set(gone) <= set(links_in(comment)) or not (text or post.title.strip()):
        return post, ""
    links = tuple(link for link in post.links if link.url not in gone)
    return post.model_copy(update={"text": text, "links": links}), comment


def without(text: str, gone: Collection[str]) -> str:
    """Return a text without addresses, without the blanks before them and without the lines that they leave empty."""
    leaving = set(gone).intersection(links_in(text))
    if not leaving:
        return text
    lines = [(line, _bare(line, leaving)) for line in text.split("\n")]
    return _GAP.sub("\n\n", "\n".join(after for line, after in lines if after.strip() or line == after)).strip()


def _bare(line: str, leaving: Collection[str]) -> str:
    read, kept = 0, []
    for match in LINK.finditer(line):
        if match.group() in leaving:
            kept.append(line[read : match.start()].rstrip())
            read = match.end()
    return "".join((*kept, line[read:]))
