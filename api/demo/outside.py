"""The sandbox over its own HTTP: publish as the company, and see what readers see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.demo.cast import PAGE, WALL
from api.demo.news import LUNCH, Piece
from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.http_client import HttpClient

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A post on a timeline: `account` is whose, by a person's key; `illustrated` says that its card has a picture.

    `key` is the post's own on the wall, else the number that the network gave it. `link` is the card's address.
    """

    network: str
    account: str
    key: str
    text: str
    link: str = ""
    pictures: int = 0
    illustrated: bool = False

    def shows(self, piece: Piece) -> bool:
        """Tell whether this is what became of a piece."""
        return self.key == piece.mark if piece.origin == "blog" else piece.mark in self.text


@dataclass(frozen=True, slots=True)
class View:
    """What the sandbox shows at a moment: every timeline, what the blog has, and what the wall has refused."""

    timelines: tuple[Shown, ...]
    blog: tuple[Piece, ...]
    refused: int

    def of(self, piece: Piece) -> list[Shown]:
        """Return what became of a piece."""
        return [shown for shown in self.timelines if shown.shows(piece)]


class Outside:
    """The outside world of the demo."""

    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self.url = url

    async def put_up_the_wall(self, secret: str) -> None:
        """Give the company's screens their receiver, which refuses what is not signed with its secret."""
        settings = {"title": "Acme", "network": "company screens", "mode": "dedupe", "secret": secret}
        await self._ask("PUT", f"receivers/{WALL}", settings)

    async def publish(self, piece: Piece, *, minutes_ago: int = 0) -> None:
        """Publish something as the company, now or as if it were some minutes ago."""
        if piece.origin == "blog":
            entry = {"key": piece.mark, "title": piece.title, "text": piece.text, "tags": piece.tags}
            await self._ask("POST", "feeds/acme/entries", entry)
            return
        link = f"{self.url}feeds/acme/{piece.link}" if piece.link else ""
        pictures = [{"name": name, "alt": alt} for name, alt in piece.pictures]
        post = {"message": piece.text, "link": link, "pictures": pictures, "minutes_ago": minutes_ago}
        await self._ask("POST", "networks/facebook/posts", post)

    async def look(self) -> View:
        """Return everything as it is now."""
        shown = await self._ask("GET", "everything.json")
        blog = [_entry(entry) for feed in shown["feeds"] for entry in feed["entries"]]
        wall = [_on_the_wall(receiver["name"], one) for receiver in shown["accounts"] for one in receiver["messages"]]
        refused = sum(receiver["refused"] for receiver in shown["accounts"])
        return View((*_on_networks(shown["networks"]), *wall[::-1]), tuple(blog), refused)

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        answer = await self._http.fetch(method, self.url + path, headers=JSON, content=content)
        if answer.status not in {200, 201}:
            message = f"The sandbox answered {answer.status} at {path}."
            raise ChappeError(message)
        return json.loads(answer.body)


def _on_networks(networks: list[dict[str, Any]]) -> Iterator[Shown]:
    """Yield what stands on timelines, oldest first; of the page, which we only read, what an app published there."""
    for network in networks:
        for account in network["accounts"]:
            for post in reversed(account["posts"]):
                if network["name"] != "facebook" or post["app"]:
                    yield _shown(network["name"], account["key"], post)


def _shown(network: str, account: str, post: dict[str, Any]) -> Shown:
    card = post["card"] or {}
    return Shown(
        network, PAGE if network == "facebook" else account, post["id"], post["text"], card.get("url", ""),
        len(post["pictures"]), bool(card.get("picture")),
    )  # fmt: skip


def _on_the_wall(receiver: str, message: dict[str, Any]) -> Shown:
    content = message["content"]
    return Shown("webhook", receiver, content["post_key"], content["text"], content.get("link") or "")


def _entry(entry: dict[str, Any]) -> Piece:
    title = entry["title"] or entry["text"][:60]
    return Piece("blog", title, entry["key"], shared=not LUNCH.intersection(entry["tags"]))
