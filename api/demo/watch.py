"""What has arrived at the accounts, against what should have."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import ChappeError

if TYPE_CHECKING:
    from api.demo.cast import Role
    from engine.http_client import HttpClient

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One post on one account's timeline."""

    account: str
    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything the sandbox shows: the feed's entries (key to title and tags) and what each account has."""

    entries: dict[str, tuple[str, list[str]]]
    arrivals: tuple[Arrival, ...]
    repeats: int
    refused: int

    def missing(self, roles: tuple[Role, ...]) -> list[str]:
        """Return what should be there and is not."""
        there = {(arrival.account, arrival.key) for arrival in self.arrivals}
        return [f"{role.account}: {self.entries[key][0]}" for role, key in self._due(roles) - _by(roles, there)]

    def surplus(self, roles: tuple[Role, ...]) -> list[str]:
        """Return what is there and should not be: on the wrong account, or twice."""
        due = {(role.account, key) for role, key in self._due(roles)}
        count = Counter((arrival.account, arrival.key) for arrival in self.arrivals)
        wrong = [f"{account}: {key} does not belong there" for account, key in count if (account, key) not in due]
        twice = [f"{account}: {key} is there {times} times" for (account, key), times in count.items() if times > 1]
        return wrong + twice

    def _due(self, roles: tuple[Role, ...]) -> set[tuple[Role, str]]:
        return {(role, key) for role in roles for key, (_, tags) in self.entries.items() if role.expects(tags)}


def _by(roles: tuple[Role, ...], there: set[tuple[str, str]]) -> set[tuple[Role, str]]:
    named = {role.account: role for role in roles}
    return {(named[account], key) for account, key in there if account in named}


class Outside:
    """The sandbox, over its own HTTP."""

    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self._url = url

    async def furnish(self, roles: tuple[Role, ...]) -> None:
        """Give every account its timeline, which refuses what is not signed with its secret."""
        for role in roles:
            settings = {"title": role.title, "network": role.network, "mode": "dedupe", "secret": role.secret}
            await self._ask("PUT", f"receivers/{role.account}", settings)

    async def publish(self, title: str, text: str, tags: list[str]) -> str:
        """Publish an entry in the company's feed, and return its key."""
        entry = await self._ask("POST", "feeds/acme/entries", {"title": title, "text": text, "tags": tags})
        return str(entry["key"])

    async def look(self) -> View:
        """Return everything as it is now."""
        shown = await self._ask("GET", "everything.json")
        entries = {
            entry["key"]: (entry["title"] or entry["text"][:60], entry["tags"])
            for feed in shown["feeds"]
            for entry in feed["entries"]
        }
        accounts = await self._ask("GET", "receivers")
        arrivals = [_arrival(account["name"], one) for account in accounts for one in reversed(account["messages"])]
        repeats = sum(account["repeats"] for account in accounts)
        return View(entries, tuple(arrivals), repeats, sum(account["refused"] for account in accounts))

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        answer = await self._http.fetch(method, self._url + path, headers=JSON, content=content)
        if answer.status not in {200, 201}:
            message = f"The sandbox answered {answer.status} at {path}."
            raise ChappeError(message)
        return json.loads(answer.body)


def _arrival(account: str, message: dict[str, Any]) -> Arrival:
    content = message["content"]
    return Arrival(account, content["post_key"], content["title"], content["text"])
