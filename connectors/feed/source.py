"""The feed source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import Field, HttpUrl

from connectors.feed.entry import TextChoice
from connectors.feed.hubs import chosen, hub_of_header
from connectors.feed.memory import Cursor, Version, read_cursor, write_entries
from connectors.feed.parsing import NOT_A_FEED, Document, Parsed, Wish, read_feed
from engine.contract.node import NodeConfig
from engine.contract.source import Batch, Source
from engine.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.context import SourceContext
    from engine.http_client import Response

_UNCHANGED: Final = 304
_GONE: Final = frozenset({404, 410})
_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.8, "
    "text/xml;q=0.8, text/html;q=0.5, */*;q=0.1"
)


class Config(NodeConfig):
    """Which feed, and what of it."""

    url: HttpUrl = Field(
        title="URL", description="The feed's address, or that of a page which names its feed, such as a blog's home."
    )
    text: TextChoice = Field(
        default="summary",
        title="Text",
        description="Which words become the post's text: an entry's `summary`, or its `full` article.",
    )
    limit: int = Field(
        default=50, ge=1, le=200, title="Entries", description="How many entries, the newest, one poll looks at."
    )


class Feed(Source[Config]):
    """Read a feed: RSS, Atom or JSON Feed, or the feed that a page names.

    The server is asked whether anything has changed, and a document that is the same as the last is not read again.
    Entries keep their identity when the feed changes its GUIDs, as it does when a site moves to another system.
    """

    kind = "feed"
    title = "Feed"
    icon = "rss"
    default_every = timedelta(minutes=15)
    fastest_every = timedelta(seconds=5)
    example: ClassVar = {"url": "https://www.example.org/blog/feed.xml"}

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        """Ask the server, and read the document if it is another one than the last."""
        known = read_cursor(cursor)
        version = known.version
        answer = await self._get(version.url or str(self.config.url), version.conditions(), ctx)
        if version.url and answer.status in _GONE:  # the page may name another feed by now
            version = Version()
            answer = await self._get(str(self.config.url), {}, ctx)
        if answer.status == _UNCHANGED:
            return Batch(cursor=cursor, unchanged=True)
        _check(answer)
        then = Version.of(answer, version.url)
        if then.digest == version.digest:
            return Batch(cursor=cursor if then == version else Cursor(then, known.memory).text(), unchanged=True)
        parsed = await self._read(answer, known, ctx)
        if parsed.feed_url:
            answer = await self._get(parsed.feed_url, {}, ctx)
            _check(answer)
            then, parsed = Version.of(answer, parsed.feed_url), await self._read(answer, known, ctx)
            if parsed.feed_url:
                message = "The page names a feed, but at the address that it gives there is another web page."
                raise RejectedError(message, code=NOT_A_FEED)
        cursor = Cursor(then, write_entries(parsed.memory)).text()
        hub = chosen(hub_of_header(answer.headers.get("link", ""), answer.url), parsed.hub, answer.url)
        return Batch(posts=parsed.posts, cursor=cursor, window=parsed.window, note=parsed.note, hub=hub)

    async def _get(self, url: str, conditions: Mapping[str, str], ctx: SourceContext) -> Response:
        accept = {_UNCHANGED, *_GONE} if conditions else _GONE
        return await ctx.http.fetch("GET", url, headers={"Accept": _ACCEPT, **conditions}, accept=accept)

    async def _read(self, answer: Response, known: Cursor, ctx: SourceContext) -> Parsed:
        document = Document(answer.body, answer.headers.get("content-type", ""), answer.url)
        wish = Wish(self.config.limit, self.config.text, ctx.now)
        return await ctx.parse(read_feed, document, wish, known.entries())


def _check(answer: Response) -> None:
    if answer.status in _GONE:
        message = f"The server answered {answer.status}: there is no feed at this address, or not any more."
        raise RejectedError(message, code="gone")
