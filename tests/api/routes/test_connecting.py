"""Accounts are connected in the browser against the networks of the sandbox, by the session that began alone."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.app import make_app
from api.deps import Role
from engine.http_client import HttpClient
from engine.run.sealing import grant_place
from engine.store import accounts, grants
from sandbox.__main__ import server_of
from sandbox.world import World as Platforms
from tests.api.routes.conftest import Api
from tests.api.test_app import FakeServing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api.routes.conftest import World

OURS = "http://127.0.0.1:4000"
CALLBACK = "/api/v1/connect/callback"
PATHS = {
    "facebook": ("/v26.0/dialog/oauth", "/v26.0/oauth/access_token"),
    "linkedin": ("/oauth/v2/authorization", "/oauth/v2/accessToken"),
    "x": ("/i/oauth2/authorize", "/2/oauth2/token"),
}
APPS = {
    "facebook": ("1928374650192837", "5d0f8a3c9b7e6f1a2c4d8e0b3a6f9c21"),
    "linkedin": ("86acmechappe01", "WPL_AP1.sandbox.c2FtcGxl"),
    "x": ("QWNtZUNoYXBwZVNhbmRib3g6MTpjaQ", "sandbox-x-secret-0001"),
}
"""What the sandbox has registered."""
PEOPLE = {"facebook": "nadia", "linkedin": "lea", "x": "karim"}
"""Who is signed in."""
NO = {
    "facebook": ("Facebook", "access_denied"),
    "linkedin": ("LinkedIn", "user_cancelled_login"),
    "x": ("X", "access_denied"),
}
"""How each network is called, and what it says of who clicked no."""


@pytest.fixture
async def platforms(world: World) -> AsyncIterator[str]:
    """Give the address of a sandbox in which somebody is signed in at each network."""
    server = server_of(Platforms(clock=world.clock))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(trust_env=False) as client:
            for network, person in PEOPLE.items():
                await client.put(f"{address}/networks/{network}/signed-in", json={"person": person})
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
        for network, (client_id, secret) in APPS.items():
            here = f"{platforms}/{network}"
            authorize, token = (f"{here}{path}" for path in PATHS[network])
            where = {"client_id": client_id, "authorize": authorize, "token": token, "api": here}
            done = await api.put(f"/apps/{network}", json={"settings": where, "secrets": {"client_secret": secret}})
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


@pytest.mark.parametrize(("network", "other"), [("facebook", 422), ("x", 409)])  # who has no page has none to offer
async def test_other_networks_are_connected_in_the_same_way_for_one_person_and_their_tokens_sealed(
    web: Api, world: World, platforms: str, network: str, other: int
) -> None:
    back = await _agreed(web, await web.post("/accounts/connect", json={"platform": network}))
    found = (await web.get(CALLBACK, params=back)).json()
    who = found["identities"][0]["remote_id"]
    given = {"confirm": found["confirm"], "remote_id": who, "name": f"our-{network}", "calls": False}
    made = await web.post("/accounts/connect/confirm", json=given)

    assert (made.status_code, made.json()["remote_id"]) == (200, who), made.text
    grant = await world.store.read(grants.get, world.acme.id, made.json()["id"])
    assert grant is not None
    place = grant_place(world.acme.id, made.json()["id"])
    assert "access" in world.face.vault.open(world.acme.data_key, grant.sealed, place).reveal()

    reused = [await web.get(CALLBACK, params=back), await web.post("/accounts/connect/confirm", json=given)]
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.put(f"{platforms}/networks/{network}/signed-in", json={"person": "ines"})
    taken = await _agreed(web, await web.post(f"/accounts/{made.json()['id']}/connect"))
    refused = await web.get(CALLBACK, params=taken)
    assert [each.status_code for each in (*reused, refused)] == [409, 409, other], refused.text
    assert await world.store.read(grants.get, world.acme.id, made.json()["id"]) == grant


async def test_what_does_not_belong_to_what_was_begun_is_refused_and_nothing_is_saved(web: Api, world: World) -> None:
    before = (await web.get("/accounts")).json()
    for network, (title, error) in NO.items():
        back = await _agreed(web, await web.post("/accounts/connect", json={"platform": network}))
        wrong = await web.get(CALLBACK, params=back | {"state": "made-up"})
        no = await web.get(CALLBACK, params={"error": error, "state": back["state"]})
        yes_after_no = await web.get(CALLBACK, params=back)
        late = await _agreed(web, await web.post("/accounts/connect", json={"platform": network}))
        world.clock.advance(601)
        expired = await web.get(CALLBACK, params=late)

        assert [each.status_code for each in (wrong, no, yes_after_no, expired)] == [409] * 4
        assert all("within ten minutes" in each.json()["detail"] for each in (wrong, yes_after_no, expired))
        assert no.json()["detail"] == f"{title} was told no: nothing was connected."
    assert (await web.get("/accounts")).json() == before


async def test_another_person_cannot_take_the_place_of_the_one_who_is_connected_again(
    web: Api, world: World, platforms: str
) -> None:
    account = next(each for each in (await web.get("/accounts")).json()["items"] if each["platform"] == "linkedin")
    before = await world.store.read(accounts.get, world.acme.id, account["id"])
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.put(f"{platforms}/networks/linkedin/signed-in", json={"person": "karim"})
    back = await _agreed(web, await web.post(f"/accounts/{account['id']}/connect"))
    refused = await web.get(CALLBACK, params=back)

    assert refused.status_code == 409, refused.text
    assert await world.store.read(accounts.get, world.acme.id, account["id"]) == before


async def test_without_an_address_of_ours_nobody_can_be_sent_back(api: Api) -> None:
    refused = await api.post("/accounts/connect", json={"platform": "linkedin"})

    assert refused.status_code == 409
    assert "CHAPPE_PUBLIC_URL" in refused.json()["detail"]
