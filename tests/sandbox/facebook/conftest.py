"""A Facebook without a socket, and an app that has gone through the consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from engine.testing.fakes import FakeClock
from sandbox.app import make_app
from sandbox.people import PAGE
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.oauth import Client

BASE = "http://sandbox.test"
REDIRECT = "http://127.0.0.1:5123/callback"
SCOPES = "pages_show_list,pages_read_engagement,pages_manage_posts,pages_manage_metadata"


@dataclass
class Facebook:
    """The network, the registered app, and a client at the Graph API's address."""

    world: World
    clock: FakeClock
    client: httpx.AsyncClient

    @property
    def app(self) -> Client:
        """The registered app."""
        return next(iter(self.world.networks["facebook"].authority.clients.values()))

    async def code(self, person: str = "nadia", scopes: str = SCOPES, **query: str) -> str:
        """Let a person say yes, and return the code."""
        asked = {"client_id": self.app.id, "redirect_uri": REDIRECT, "scope": scopes, "state": "s1", **query}
        answer = await self.client.get("/v26.0/dialog/oauth", params={**asked, "as": person, "auto": "1"})
        assert answer.status_code == 302, answer.text
        back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        assert back["state"] == "s1"
        return back["code"]

    async def exchange(self, **values: str) -> httpx.Response:
        """Ask for a token."""
        own = {"client_id": self.app.id, "client_secret": self.app.secret or ""}
        return await self.client.get("/v26.0/oauth/access_token", params={**own, **values})

    async def user_token(self, person: str = "nadia", scopes: str = SCOPES, *, long: bool = True) -> str:
        """Return a person's token."""
        answer = await self.exchange(code=await self.code(person, scopes), redirect_uri=REDIRECT)
        token = str(answer.json()["access_token"])
        if long:
            answer = await self.exchange(grant_type="fb_exchange_token", fb_exchange_token=token)
        return str(answer.json()["access_token"])

    async def page_token(self, scopes: str = SCOPES, *, long: bool = True) -> str:
        """Return a token to act for Acme's page."""
        token = await self.user_token(scopes=scopes, long=long)
        pages = (await self.get("me/accounts", token)).json()["data"]
        return str(pages[0]["access_token"])

    async def get(self, path: str, token: str = "", **params: Any) -> httpx.Response:
        """Ask the Graph API."""
        return await self.client.get(f"/v26.0/{path}", params=params, headers={"authorization": f"Bearer {token}"})

    async def post(self, path: str, token: str = "", **data: Any) -> httpx.Response:
        """Tell the Graph API."""
        return await self.client.post(f"/v26.0/{path}", data=data, headers={"authorization": f"Bearer {token}"})

    async def compose(self, **new: Any) -> str:
        """Publish as a person does, at Facebook itself; returns the post's id."""
        answer = await self.client.post(f"{BASE}/networks/facebook/posts", json=new)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def steer(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Use the addresses that steer the network."""
        return await self.client.request(method, f"{BASE}/networks/facebook/{path}", json=body)

    async def timeline(self) -> list[dict[str, Any]]:
        """Return what stands on Acme's page, newest first."""
        posts: list[dict[str, Any]] = (await self.steer("GET", f"accounts/{PAGE}")).json()["posts"]
        return posts


@pytest.fixture
async def facebook() -> AsyncIterator[Facebook]:
    """Give a Facebook on which nothing has been published."""
    clock = FakeClock()
    world = World(clock=clock)
    transport = httpx.ASGITransport(make_app(world, "facebook", "networks"))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/facebook", trust_env=False) as client:
        yield Facebook(world, clock, client)
