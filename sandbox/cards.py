"""The card that a network shows for a link: what the page says of itself in OpenGraph's words, or only its address."""

from __future__ import annotations

from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from sandbox.network import Card
from sandbox.outbound import UnreachableError, ask


async def card_of(url: str) -> Card:
    """Fetch a page of this machine and return its card; a page that says nothing is named by its host."""
    try:
        answer = await ask("GET", url, {"accept": "text/html"})
    except UnreachableError:
        return Card(url=url, title=urlsplit(url).hostname or url)
    if answer.status != HTTPStatus.OK or "html" not in answer.headers.get("content-type", ""):
        return Card(url=url, title=urlsplit(url).hostname or url)
    head = _Head()
    head.feed(answer.body.decode(errors="replace"))
    said = head.said
    return Card(
        url=url,
        title=said.get("og:title") or head.title.strip() or urlsplit(url).hostname or url,
        description=said.get("og:description") or said.get("description") or "",
        picture=urljoin(urljoin(url, head.base), said["og:image"]) if said.get("og:image") else "",
    )


class _Head(HTMLParser):
    """Collects what a page's head says."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.title = ""
        self.base = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take metadata and the base of addresses."""
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.said.setdefault(given.get("property") or given.get("name", ""), given.get("content", ""))
        elif tag == "base":
            self.base = self.base or given.get("href", "")
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        """Leave the title."""
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        """Take the title."""
        if self._in_title:
            self.title += data
