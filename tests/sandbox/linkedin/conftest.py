"""Members of LinkedIn, each with an app that holds their token."""

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

VERSIONED = {"linkedin-version": "202603", "x-restli-protocol-version": "2.0.0"}
SCOPES = ("openid", "profile", "email", "w_member_social")


@dataclass
class Member:
    """Somebody who agreed: what their app sends, and what stands on their timeline."""

    sandbox: Sandbox
    urn: str
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"authorization": f"Bearer {self.token}", **VERSIONED}

    @property
    def network(self) -> Network:
        return self.sandbox.world.networks["linkedin"]

    @property
    def timeline(self) -> list[Publication]:
        return self.network.timeline(self.urn)

    def body(self, commentary: str = "Bonjour", **changes: Any) -> dict[str, Any]:
        """Return a post as LinkedIn's documentation writes it."""
        return {
            "author": self.urn,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **changes,
        }

    async def post(self, commentary: str = "Bonjour", **changes: Any) -> httpx.Response:
        body = self.body(commentary, **changes)
        return await self.sandbox.client.post("/linkedin/rest/posts", json=body, headers=self.headers)

    async def upload(self, data: bytes) -> tuple[httpx.Response, str]:
        """Upload an image; returns the last answer and the URN."""
        begun = await self.sandbox.client.post(
            "/linkedin/rest/images",
            params={"action": "initializeUpload"},
            json={"initializeUploadRequest": {"owner": self.urn}},
            headers=self.headers,
        )
        place = begun.json()["value"]
        bearer = {"authorization": self.headers["authorization"]}
        return await self.sandbox.client.put(place["uploadUrl"], content=data, headers=bearer), place["image"]


def member(sandbox: Sandbox, person: str, scopes: tuple[str, ...] = SCOPES) -> Member:
    """Return somebody who agreed to these scopes a moment ago."""
    network = sandbox.world.networks["linkedin"]
    account = network.account_of(person).id
    client = next(iter(network.authority.clients.values()))
    query = {"client_id": client.id, "redirect_uri": "http://127.0.0.1/", "scope": " ".join(scopes)}
    code = network.authority.agree(network.authority.asked(query), account)
    token, _ = network.authority.grant(code)
    return Member(sandbox, account, token.value)


def client_of(world: World) -> httpx.AsyncClient:
    """Return a client of what is needed of a sandbox, without a socket: here nothing misbehaves on the wire."""
    transport = httpx.ASGITransport(make_app(world, "linkedin", "networks"))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Give a sandbox whose clock is the test's."""
    clock = Clock()
    world = World(clock=clock)
    async with client_of(world) as client:
        yield Sandbox(world, clock, client, 8090)


@pytest.fixture
def lea(sandbox: Sandbox) -> Member:
    return member(sandbox, "lea")


@pytest.fixture
def karim(sandbox: Sandbox) -> Member:
    return member(sandbox, "karim")
