"""Stored posts, as fixtures for the tests of mappings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from api.actions import naming
from api.actions.reading import FileReadError
from api.errors import UsageError
from engine.model.post import Post
from engine.store import posts
from mappings.cases import GivenPost
from mappings.rehearsal import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.store.unit import Store

_WORDS: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 5


async def chosen(store: Store, workspace_id: str, asked: str | None, source: str | None, last: int) -> list[Post]:
    """Return the post that is asked for, or the newest of a source, oldest first; raises NotFoundError."""
    if asked is not None:
        rows = [await naming.post(store, workspace_id, asked)]
    else:
        of = await naming.source(store, workspace_id, source or "")
        rows = (await store.read(posts.newest, workspace_id, source_id=of.id, limit=last))[::-1]
    return [Post.model_validate_json(row.document) for row in rows]


def given_of(post: Post) -> GivenPost:
    """Return a post as a test gives it: what readers see of it, and where its media are; nothing where it has nothing.

    Its times are left out: in a test it comes when the test says.
    """
    data: dict[str, Any] = {
        "text": post.text,
        "title": post.title,
        "links": [link.url for link in post.links],
        "media": [_media(one.kind, one.alt, one.url) for one in post.media],
        "hashtags": list(post.hashtags),
        "mentions": list(post.mentions),
        "author": post.author.name if post.author else None,
        "language": post.language,
        "permalink": post.permalink,
    }
    return GivenPost.model_validate({key: value for key, value in data.items() if value})


def capture(file: Path, captured: Iterable[Post]) -> dict[str, GivenPost]:
    """Write posts into a file of fixtures beside what it holds already, and return the new ones by their names.

    A post that is there already is not written again. Raises UsageError for a file of another name, FindingsError for
    one that holds something else, FileReadError.
    """
    if not file.name.endswith(fixtures.ENDING):
        message = f"{file.name} would be taken for a mapping: let its name end in {fixtures.ENDING}."
        raise UsageError(message)
    try:
        kept = fixtures.known(file.read_text(encoding="utf-8"), str(file)) if file.exists() else {}
        added: dict[str, GivenPost] = {}
        for post in captured:
            given = given_of(post)
            if given not in kept.values() and given not in added.values():
                added[named(post, kept | added)] = given
        if added:
            file.write_text(fixtures.written(kept | added), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileReadError(f"{file} cannot be read or written: {error}.") from error
    return added


def _media(kind: str, alt: str, url: str) -> dict[str, str]:
    return {"kind": kind, "alt": alt, "url": url} if alt else {"kind": kind, "url": url}


def named(post: Post, taken: Iterable[str] = ()) -> str:
    """Return a name that nobody has: the first words of a post, and a number where it needs one."""
    words = _WORDS.findall((post.title or post.text).casefold())[:_MOST_WORDS]
    name = "-".join(words)[:60] or "post"
    names, nth = set(taken), 1
    while (found := name if nth == 1 else f"{name}-{nth}") in names:
        nth += 1
    return found
