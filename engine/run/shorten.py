"""Shorten: give the addresses of a post that is being planned their own short links.

A code belongs to a post in a mapping and is made once: planned again, on another way or as another round, the same
address has the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.content.shortening import PATH, shortened, wanted
from engine.ids import new_code, new_id
from engine.store import short_links
from engine.store.short_links import Of, Wanted

if TYPE_CHECKING:
    from engine.model.post import Post
    from engine.run.core import Core
    from engine.store.planning import Way

UNSET: Final = "Its links stay long: nobody has told the public address (CHAPPE_PUBLIC_URL)."


async def with_short_links(core: Core, way: Way, post: Post) -> tuple[Post, str]:
    """Return the post with its short links, and a sentence where there are none to be had."""
    urls, base = wanted(post), core.settings.public_url
    if not urls or not base:
        return shortened(post, {}), UNSET if urls else ""
    of = Of(way.workspace_id, way.post_id, way.mapping_id)
    some = [Wanted(new_id(), new_code(), url) for url in urls]
    codes = await core.store.write(short_links.codes, of, some, core.clock.now())
    return shortened(post, {url: f"{base}{PATH}{code}" for url, code in codes.items()}), ""
