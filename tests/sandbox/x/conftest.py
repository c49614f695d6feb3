"""People on X, each with an app that holds their token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.app import make_app
from sandbox.world import World
from tests.sandbox.conftest import Clock, Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.network import Network, Publication

SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")


@dataclass
class User:
    """Somebody who agreed: what their app sends, and what stands on their timeline."""

    sandbox: Sandbox
    id: str
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"authorization": f"Bearer {self.token}"}

    @property
    def network(self) -> Network:
        return self.sandbox.world.networks["x"]

    @property
    def timeline(self) -> list[Publication]:
        return self.network.timeline(self.id)

    async def post(self, text: str = "Bonjour", **fields: Any) -> httpx.Response:
        return await self.send("POST", "/2/tweets", json={"text": text, **fields})

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.send("GET", path, params=query)).json()
        return answer

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self.headers, **request.pop("headers", {})}
        return await self.sandbox.client.request(method, f"/x{path}", headers=headers, **request)

    async def upload(
        self, data: bytes, kind: str = "image/png", category: str = "tweet_image"
    ) -> tuple[httpx.Response, str]:
        """Upload a file in two segments; returns the last answer and the id."""
        asked = {"media_type": kind, "media_category": category, "total_bytes": len(data)}
        number = (await self.send("POST", "/2/media/upload/initialize", json=asked)).json()["data"]["id"]
        middle = len(data) // 2
        for index, part in enumerate((data[:middle], data[middle:])):
            form: dict[str, Any] = {"data": {"segment_index": str(index)}, "files": {"media": ("blob", part)}}
            sent = await self.send("POST", f"/2/media/upload/{number}/append", **form)
            assert sent.status_code == 200, sent.text
        return await self.send("POST", f"/2/media/upload/{number}/finalize"), number


def user(sandbox: Sandbox, person: str, scopes: tuple[str, ...] = SCOPES) -> User:
    """Return somebody who agreed to these scopes a moment ago."""
    network = sandbox.world.networks["x"]
    account = network.account_of(person).id
    [client] = network.authority.clients.values()
    token = network.authority.issue(
        kind="access", family=f"of {person}", client=client.id, account=account, scopes=scopes
    )
    return User(sandbox, account, token.value)


def client_of(world: World) -> httpx.AsyncClient:
    """Return a client of what is needed of a sandbox, without a socket: here nothing misbehaves on the wire."""
    transport = httpx.ASGITransport(make_app(world, "x", "networks"))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Give a sandbox whose clock is the test's."""
    clock = Clock()
    world = World(clock=clock)
    async with client_of(world) as client:
        yield Sandbox(world, clock, client, 8090)


@pytest.fixture
def lea(sandbox: Sandbox) -> User:
    return user(sandbox, "lea")


@pytest.fixture
def karim(sandbox: Sandbox) -> User:
    return user(sandbox, "karim")
