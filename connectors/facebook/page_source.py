"""The source that reads a Facebook page."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from connectors.facebook.errors import classify_graph, usage_of
from connectors.facebook.posts import left_out, photos_in, post_of
from connectors.facebook.shapes import FIELDS, PagePost, read_post
from engine.contract.lazy import Lazy
from engine.contract.node import NodeConfig
from engine.contract.source import Batch, Source
from engine.errors import MappingError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.facebook import wire as graph_api
    from engine.contract.context import SourceContext
    from engine.contract.usage import Usage
    from engine.errors import ChappeError
else:
    graph_api = Lazy("connectors.facebook.wire")

_MOST_PAGES: Final = 10
"""So many lists one poll reads at most, when more was published than one list holds."""


_MOST_PHOTOS: Final = 50
"""So many photos one poll asks about; those of older posts wait for the next one, which sees their words as an edit."""
_WORDS_MOST: Final = 1_000


class Config(NodeConfig):
    """What of the page is read."""

    limit: int = Field(
        default=25,
        ge=5,
        le=100,
        title="Posts",
        description="How many posts, the newest, one poll looks at for new ones and for edits.",
    )


@dataclass(frozen=True, slots=True)
class _Cursor:
    """When the newest post that was read was published, what the list looked like, and the words of its photos."""

    newest: datetime | None = None
    digest: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> _Cursor:
        known = json.loads(text) if text else {}
        newest = known.get("newest")
        return cls(datetime.fromisoformat(newest) if newest else None, known.get("digest", ""), known.get("words", {}))

    def text(self) -> str:
        newest = self.newest.isoformat() if self.newest else None
        return graph_api.compact({"newest": newest, "digest": self.digest, "words": self.words})


class FacebookPageSource(Source[Config]):
    """Read what a Facebook page publishes: texts, pictures, albums, links, films, events and offers.

    Every poll looks at the newest posts anew, so that an edit is seen and nothing is missed that became visible late;
    where more was published than one list holds, it reads on until what it has read before. Posts that Facebook writes
    by itself, such as *updated their cover photo*, and posts that are not published yet are left out.
    """

    kind = "facebook_page"
    title = "Facebook page"
    icon = "facebook"
    account_kind = "facebook"
    default_every = timedelta(minutes=5)
    fastest_every = timedelta(seconds=5)
    example: ClassVar = {}

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        """Ask for the newest posts, and for older ones until those of the last poll."""
        known = _Cursor.read(cursor)
        if ctx.account is None:
            raise MappingError("A Facebook page is read with its own account: name it by `account:`.")
        rows = await self._rows(known.newest, ctx)
        shown = [read_post(row) for row in rows]
        digest = _digest(shown)
        if digest == known.digest:
            return Batch(cursor=cursor, unchanged=True)
        posts = sorted((one for one in shown if one), key=_published)
        why = Counter(left_out(one) for one in posts) + Counter({"no post that can be read": shown.count(None)})
        read = [one for one in posts if not left_out(one)]
        words = await self._words(read, known.words, ctx)
        if any(photo not in words for one in read for photo in photos_in(one)):
            digest = ""  # the next poll goes on
        newest = max((one.created_time for one in posts if one.created_time), default=None)
        later = max((one for one in (newest, known.newest) if one), default=None)
        return Batch(
            posts=tuple(post_of(one, words) for one in read),
            cursor=_Cursor(later, digest, words).text(),
            window=len(rows),
            note="; ".join(f"left out {count}: {reason}" for reason, count in why.items() if reason),
        )

    async def _rows(self, newest: datetime | None, ctx: SourceContext) -> list[Any]:
        """Return the posts as they come, newest first, each once: lists may overlap while somebody publishes."""
        assert ctx.account is not None  # noqa: S101  # `fetch` has looked
        graph, after, rows = graph_api.Graph(ctx.http, ctx.account), "", dict[str, Any]()
        for _ in range(_MOST_PAGES):
            more = {"after": after} if after else {}
            page = await graph.connections(
                ctx.account.remote_id or "me", "published_posts", fields=FIELDS, limit=self.config.limit, **more
            )
            found = page.get("data")
            if not isinstance(found, list):
                raise TransientError("Facebook answered without a list of posts.")
            for row in found:
                rows.setdefault(str(row.get("id")) if isinstance(row, dict) else graph_api.compact(row), row)
            after = _after(page)
            if not after or (newest is None and rows) or _reached(found, newest):
                break
        return list(rows.values())

    async def _words(self, posts: list[PagePost], known: Mapping[str, str], ctx: SourceContext) -> dict[str, str]:
        """Return the words of every photo that is shown; each is asked for once, so many in a poll."""
        assert ctx.account is not None  # noqa: S101  # `fetch` has looked
        graph = graph_api.Graph(ctx.http, ctx.account)
        photos = list(dict.fromkeys(photo for one in reversed(posts) for photo in photos_in(one)))
        words = {photo: known[photo] for photo in photos if photo in known}
        for photo in [photo for photo in photos if photo not in words][:_MOST_PHOTOS]:
            words[photo] = (await graph.words_of(photo))[:_WORDS_MOST]
        return words

    def usage(self, status: int, headers: Mapping[str, str]) -> Usage | None:
        """Read Facebook's usage headers."""
        del status
        return usage_of(headers)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by the codes of the Graph API."""
        return classify_graph(status, headers, body)


def _digest(shown: list[PagePost | None]) -> str:
    """Return what tells two lists apart: the posts as readers see them, without addresses that change by themselves."""
    seen = [[post_of(one).content_hash, left_out(one)] if one else None for one in shown]
    return hashlib.sha256(graph_api.compact(seen).encode()).hexdigest()


def _published(shown: PagePost) -> tuple[float, str]:
    return (shown.created_time.timestamp() if shown.created_time else 0.0, shown.id)


def _after(page: Mapping[str, Any]) -> str:
    """Return where the list goes on, nothing at its end: a list may be short or empty and still go on."""
    paging = page.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return parse_qs(urlsplit(str(following)).query).get("after", [""])[0] if following else ""


def _reached(found: list[Any], newest: datetime | None) -> bool:
    """Tell whether a list reaches back to what was read before."""
    times = [one.created_time for one in map(read_post, found) if one and one.created_time]
    return newest is not None and bool(times) and min(times) <= newest
