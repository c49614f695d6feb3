"""A web server on loopback that serves feeds as sites do: with validators, packed, moved, slow, broken; it counts."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from engine.testing.loopback import Answer, Loopback

if TYPE_CHECKING:
    from types import TracebackType

    from engine.testing.loopback import Received


@dataclass(frozen=True)
class Page:
    """What stands at a path. With `validators` a conditional request of the same version gets 304."""

    body: bytes = b""
    content_type: str = "application/rss+xml"
    status: int = 200
    validators: bool = True
    packed: bool = False
    moved_to: str | None = None
    silent: bool = False
    retry_after: str | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class FeedServer:
    """`async with FeedServer() as server`: `server.put("/feed", Page(...))`, then `server.url + "/feed"`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.answered: Counter[tuple[str, int]] = Counter()
        self._loopback = Loopback(self._respond)

    async def __aenter__(self) -> Self:
        await self._loopback.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._loopback.__aexit__(kind, error, traceback)

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return self._loopback.url

    @property
    def received(self) -> list[Received]:
        """Every request in order."""
        return self._loopback.received

    def put(self, path: str, page: Page) -> str:
        """Let a page stand at a path; returns its whole address."""
        self.pages[path] = page
        return self.url + path

    def _respond(self, request: Received) -> Answer | None:
        page = self.pages.get(request.path.partition("?")[0], Page(status=404, validators=False))
        if page.silent:
            return None
        answer = self._answer(page, request)
        self.answered[request.path, answer.status] += 1
        return answer

    def _answer(self, page: Page, request: Received) -> Answer:
        if page.moved_to is not None:
            return Answer(301, {"Location": page.moved_to}, b"")
        headers = {"Content-Type": page.content_type}
        if page.retry_after is not None:
            headers["Retry-After"] = page.retry_after
        if page.validators:
            headers |= {"ETag": page.etag, "Last-Modified": "Mon, 05 Jan 2026 08:00:00 GMT"}
            if request.headers.get("if-none-match") == page.etag:
                return Answer(304, headers, b"")
        if page.packed:
            return Answer(page.status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(page.body))
        return Answer(page.status, headers, page.body)


def rss(*items: str, title: str = "Acme") -> bytes:
    """Write an RSS document around items."""
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
    return f"{head}<title>{title}</title><link>https://acme.example/</link>{''.join(items)}</channel></rss>".encode()


def item(number: int, *, title: str = "", guid: str = "", day: int | None = None, text: str = "") -> str:
    """Write one item: the n-th post, of the n-th of January 2026 unless another day is given."""
    name = title or f"Post {number}"
    date = f"{day or number:02d} Jan 2026 08:00:00 GMT"
    return (
        f"<item><title>{name}</title><link>https://acme.example/{number}</link>"
        f'<guid isPermaLink="false">{guid or f"post-{number}"}</guid>'
        f"<description>{text or f'Words of post {number}.'}</description><pubDate>{date}</pubDate></item>"
    )
