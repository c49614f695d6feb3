"""An account is connected in the browser against the sandbox's LinkedIn, by the session that began alone."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.app import make_app
from api.deps import Role
from engine.http_client import HttpClient
from sandbox.__main__ import server_of
from sandbox.world import World as Platforms
from tests.api.routes.conftest import Api
from tests.api.test_app import FakeServing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api.routes.conftest import World

OURS = "http://127.0.0.1:4000"
CALLBACK = "/api/v1/connect/callback"
PATHS = {"authorize": "/oauth/v2/authorization", "token": "/oauth/v2/accessToken", "api": ""}
SECRET = "WPL_AP1.sandbox.c2FtcGxl"  # what the sandbox has registered


@pytest.fixture
async def platforms(world: World) -> AsyncIterator[str]:
    """Give the address of a sandbox in which Léa is signed in at LinkedIn."""
    server = server_of(Platforms(clock=world.clock))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.put(f"{address}/networks/linkedin/signed-in", json={"person": "lea"})
        yield address
        await server.shutdown(sockets=[listening])


@pytest.fixture
async def web(world: World, platforms: str) -> AsyncIterator[Api]:
    """Give the API of an instance that others reach, which may call the sandbox."""
    settings = world.face.settings.model_copy(update={"public_url": OURS})
    async with HttpClient(allow_private=("127.0.0.1",)) as http:
        app = make_app(FakeServing(), None, replace(world.face, settings=settings, http=http))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://chappe", trust_env=False)
        api = Api(client)
        where = {name: f"{platforms}/linkedin{path}" for name, path in PATHS.items()}
        given = {"settings": {"client_id": "86acmechappe01"} | where, "secrets": {"client_secret": SECRET}}
        done = await api.put("/apps/linkedin", json=given)
        assert done.status_code == 200, done.text
        yield api


async def _agreed(api: Api, begun: httpx.Response) -> dict[str, Any]:
    """Agree on the platform's page, and return the parameters with which the browser comes back."""
    assert begun.status_code == 200, begun.text
    async with httpx.AsyncClient(trust_env=False) as browser:
        leads = httpx.URL((await browser.get(begun.json()["address"])).headers["location"])
    assert str(leads).startswith(f"{OURS}{CALLBACK}?")
    return dict(leads.params)


async def test_nothing_is_saved_before_who_it_is_was_confirmed_by_who_began(web: Api) -> None:
    before = (await web.get("/accounts")).json()
    back = await _agreed(web, await web.post("/accounts/connect", json={"platform": "linkedin"}))

    stranger = await web.as_(Role.EDITOR).get(CALLBACK, params=back)
    shown = await web.get(CALLBACK, params=back)
    assert (stranger.status_code, shown.status_code) == (409, 200), shown.text
    assert (await web.get("/accounts")).json() == before
    assert (await web.get(CALLBACK, params=back)).status_code == 409

    found = shown.json()
    given = {"confirm": found["confirm"], "remote_id": found["identities"][0]["remote_id"], "name": "lea-linkedin"}
    other = await web.post("/accounts/connect/confirm", json=given | {"remote_id": "somebody else"})
    made = await web.post("/accounts/connect/confirm", json=given)
    twice = await web.post("/accounts/connect/confirm", json=given)
    assert (other.status_code, made.status_code, twice.status_code) == (409, 200, 409)
    assert (made.json()["name"], made.json()["remote_id"]) == ("lea-linkedin", given["remote_id"])

    again = await _agreed(web, await web.post(f"/accounts/{made.json()['id']}/connect"))
    page = await web.get(CALLBACK, params=again, headers={"accept": "text/html"})
    assert "Is it this one?" in page.text
    assert "script-src 'nonce-" in page.headers["content-security-policy"]


async def test_without_an_address_of_ours_nobody_can_be_sent_back(api: Api) -> None:
    refused = await api.post("/accounts/connect", json={"platform": "linkedin"})

    assert refused.status_code == 409
    assert "CHAPPE_PUBLIC_URL" in refused.json()["detail"]
