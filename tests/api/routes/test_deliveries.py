"""Posts and deliveries over the API, in the world that the command line has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.deps import Role
from engine.store import people, users
from engine.store.users import Membership

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

UNKNOWN = "f" * 32


@pytest.fixture(scope="module", autouse=True)
def arrived(world: World) -> None:
    """Let posts come in, of which each makes a delivery for the company and one for Léa."""
    world.cli.arrive("We are hiring", times=4)


async def _ids(api: Api, **filters: Any) -> list[str]:
    found = await api.get("/deliveries", params=filters)
    assert found.status_code == 200, found.text
    return [each["id"] for each in found.json()["items"]]


async def test_deliveries_are_listed_page_by_page_and_narrowed(api: Api) -> None:
    whole = await _ids(api)
    first = (await api.get("/deliveries", params={"limit": 2})).json()
    rest = (await api.get("/deliveries", params={"limit": 200, "after": first["next"]})).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == whole
    assert await _ids(api, state=["planned", "planned"]) == await _ids(api, state="planned") != []
    assert await _ids(api, mapping="news", sink="partners")
    assert await _ids(api, since="2100-01-01T00:00:00Z") == []
    assert (await api.get("/deliveries", params={"sink": "partners"})).status_code == 400
    assert (await api.get("/deliveries", params={"mapping": "nothing"})).status_code == 404


async def test_a_delivery_tells_its_words_and_is_cancelled_once_as_it_was_seen(api: Api, world: World) -> None:
    one = (await _ids(api, state="planned"))[0]
    shown = await api.get(f"/deliveries/{one}")
    assert "hiring" in shown.json()["content"]["text"]

    seen = {"if-match": shown.headers["etag"]}
    done = await api.as_(Role.APPROVER).post(f"/deliveries/{one}/cancel", headers=seen)
    late = await api.post(f"/deliveries/{one}/retry", headers=seen)
    again = await api.post(f"/deliveries/{one}/cancel")

    assert (done.status_code, done.json()["state"]) == (200, "cancelled"), done.text
    assert (late.status_code, again.status_code) == (412, 409)
    assert "Cancelled by approver of acme." in late.json()["detail"]
    assert f"It was changed at {world.clock.now():%Y-%m-%dT%H:%M:%SZ}" in late.json()["detail"]
    assert (await api.get(f"/deliveries/{UNKNOWN}")).status_code == 404


async def test_several_are_decided_about_and_each_has_its_outcome(api: Api) -> None:
    one = (await _ids(api, state="planned"))[0]
    body = {"ids": [one, UNKNOWN], "move": "cancel"}

    done = (await api.post("/deliveries/decide", json=body)).json()["items"]
    words = await api.post(f"/deliveries/{one}/edit", json={"text": "Too late"})
    settled = await api.post(f"/deliveries/{one}/confirm", json={"saw": "is_there"})

    assert [(each["id"], each["done"]) for each in done] == [(one, True), (UNKNOWN, False)]
    assert (words.status_code, settled.status_code) == (409, 409)
    assert (await api.post("/deliveries/decide", json=body | {"move": "burn"})).status_code == 422


async def test_posts_are_listed_and_explained(api: Api) -> None:
    newest = (await api.get("/posts", params={"limit": 1})).json()["items"][0]
    story = (await api.get(f"/posts/{newest['id']}/explain")).json()

    assert newest["text"] == "We are hiring"
    assert (await api.get(f"/posts/{newest['id']}")).json()["deliveries"] == newest["deliveries"]
    assert story["ways"][0]["passage"]["mapping"] == "news"
    assert (await api.get(f"/posts/{UNKNOWN}/explain")).status_code == 404
    assert (await api.get("/posts", params={"state": "odd"})).status_code == 422


@pytest.mark.parametrize("path", ["/deliveries", "/posts"])
async def test_a_large_list_gives_the_fields_that_are_wanted(api: Api, path: str) -> None:
    few = (await api.get(path, params={"fields": "id"})).json()["items"]
    whole = (await api.get(path)).json()["items"]
    odd = await api.get(path, params={"fields": "id,stat"})

    assert few == [{"id": each["id"]} for each in whole]
    assert few
    assert (odd.status_code, odd.json()["errors"][0]["parameter"]) == (400, "fields")


async def test_an_ambassador_sees_what_is_theirs_alone(api: Api, world: World) -> None:
    ambassador = api.as_(Role.AMBASSADOR)
    assert (await ambassador.get("/me/deliveries")).status_code == 403

    lea = next(one for one in await world.store.read(people.listed, world.acme.id) if "Léa" in one.name)
    members = await world.store.read(users.members, world.acme.id)
    user = next(one for one in members if one.membership.role == Role.AMBASSADOR)
    joined = Membership(world.acme.id, user.user.id, Role.AMBASSADOR, lea.id, world.clock.now())
    await world.store.write(users.join, joined)
    mine = (await ambassador.get("/me/deliveries")).json()["items"]
    others = [one for one in await _ids(api) if one not in {each["id"] for each in mine}]

    assert {each["person_id"] for each in mine} <= {lea.id}
    assert (await ambassador.post(f"/me/deliveries/{others[0]}/approve")).status_code == 404
    assert (await ambassador.get("/deliveries")).status_code == 403
    assert (await ambassador.get("/me/consents")).json()["intact"]
    assert (await ambassador.post("/me/consents/withdraw", json={})).status_code == 200
    assert not (await ambassador.get("/me/consents")).json()["accounts"][0]["given"]
