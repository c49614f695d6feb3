"""What holds of every route alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.app import PREFIX
from api.deps import Role
from engine.ids import new_id
from engine.store import hubs
from engine.store.hubs import Subscription

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World


@pytest.mark.parametrize(
    ("path", "parameter", "advice"),
    [
        ("/deliveries?stat=sent", "stat", "Did you mean `state`?"),
        ("/webhooks?colour=red", "colour", "There is none."),
        ("/api/v1/workspaces?page=2", "page", "There are `limit` and `after`."),
    ],
)
async def test_a_parameter_that_a_route_does_not_have_is_refused(
    api: Api, path: str, parameter: str, advice: str
) -> None:
    answer = await api.get(path)
    [fault] = answer.json()["errors"]

    assert (answer.status_code, fault["parameter"], fault["code"]) == (422, parameter, "unknown_parameter")
    assert fault["detail"] == f"There is no parameter “{parameter}” here. {advice}"


async def test_who_may_not_call_learns_nothing_of_parameters(api: Api) -> None:
    assert (await api.as_(None).get("/deliveries?stat=sent")).status_code == 401
    assert (await api.as_(Role.AMBASSADOR).get("/deliveries?stat=sent")).status_code == 403


CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "accounts": ("PATCH", "", {"settings": {}}),
    "budget": ("PUT", "", {"limit": "25"}),
    "groups": ("DELETE", "", {}),
    "members": ("PUT", "", {"role": "viewer"}),
    "people": ("PATCH", "", {"mailed": False}),
    "webhooks": ("PATCH", "", {"kinds": ["delivery.sent"]}),
}
"""For each kind of thing that has an ETag, a change that is harmless."""


async def _one_of(api: Api, kind: str) -> str:
    """Return the path of a thing of that kind."""
    if kind == "webhooks":
        given = {"name": "crm", "url": "https://hooks.example.org/in", "kinds": ["delivery.rejected"]}
        assert (await api.post("/webhooks", json=given)).status_code == 201
    if kind == "groups":
        assert (await api.post("/groups", json={"name": "editors"})).status_code == 201
    if kind == "budget":
        return "/budget"
    [*_, item] = (await api.get(f"/{kind}")).json()["items"]
    return f"/{kind}/{item['name'] if kind in {'webhooks', 'groups'} else item.get('user_id') or item['id']}"


@pytest.mark.parametrize("kind", CHANGES)
async def test_who_has_not_seen_a_thing_as_it_is_does_not_change_it(api: Api, kind: str) -> None:
    path = await _one_of(api, kind)
    method, _, given = CHANGES[kind]
    shown = await api.get(path)
    tag = shown.headers["etag"]
    before = shown.json()

    assert (await api.get(path, headers={"if-none-match": tag})).status_code == 304
    refused = await api.call(method, path, json=given or None, headers={"if-match": '"0"'})
    assert (refused.status_code, refused.json()["type"]) == (412, "/api/problems/changed")
    assert (await api.get(path)).json() == before
    assert (await api.call(method, path, json=given or None, headers={"if-match": tag})).status_code in {200, 204}


async def test_a_user_is_changed_by_who_has_seen_the_user_as_it_is(api: Api) -> None:
    [*_, user] = (await api.get("/api/v1/users")).json()["items"]
    path = f"/api/v1/users/{user['id']}"
    seen = {"if-match": (await api.get(path)).headers["etag"]}
    first = await api.patch(path, json={"name": "Noor B."}, headers=seen)
    second = await api.patch(path, json={"name": "Noor C."}, headers=seen)
    late = await api.delete(path, headers=seen)

    assert (first.status_code, second.status_code, late.status_code) == (200, 412, 412)
    assert second.json()["detail"].startswith("It was changed by owner of acme at 20")
    assert (await api.get(path)).json()["name"] == "Noor B."


async def test_whoever_comes_second_is_told_who_was_first(api: Api) -> None:
    path = await _one_of(api, "people")
    seen = {"if-match": (await api.get(path)).headers["etag"]}
    first = await api.patch(path, json={"email": "noor@acme.example"}, headers=seen)
    second = await api.patch(path, json={"email": "lea@acme.example"}, headers=seen)

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["detail"].startswith("It was changed by owner of acme at 20")
    assert (await api.get(path)).json()["email"] == "noor@acme.example"


@pytest.mark.parametrize("path", ["/posts", "/deliveries", "/audit"])
async def test_a_long_list_is_read_from_either_end(api: Api, lively: World, path: str) -> None:
    del lively
    newest = await _walked(api, path, "newest")
    oldest = await _walked(api, path, "oldest")

    assert len(newest) > 1
    assert oldest == newest[::-1]


async def test_a_cursor_is_of_one_order(api: Api, lively: World) -> None:
    del lively
    cursor = (await api.get("/posts?limit=1&sort=oldest")).json()["next"]

    assert (await api.get("/posts", params={"after": cursor})).status_code == 400


async def _walked(api: Api, path: str, sort: str) -> list[str]:
    """Return the ids of a list, read one by one."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        body = (await api.get(path, params={"limit": 1, "sort": sort} | after)).json()
        found += [item["id"] for item in body["items"]]
        if body["next"] is None:
            return found
        after = {"after": body["next"]}


@pytest.fixture(scope="module")
def lively(world: World) -> World:
    """Give the world after two posts have come in."""
    world.cli.arrive("We are hiring", times=2)
    world.cli.arrive("Still hiring")
    return world


async def test_strangers_learn_whether_it_is_ready_and_not_why(api: Api, world: World) -> None:
    transport = httpx.ASGITransport(world.app, client=("127.0.0.1", 1))
    here = httpx.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False)
    asked = [await api.as_(None).get(f"{PREFIX}/../../ready"), await api.get(f"{PREFIX}/../../ready")]

    assert asked[0].json() == {"status": "ready"}
    assert asked[1].json() == (await here.get("/ready")).json() == {"status": "ready", "reasons": []}


async def test_who_takes_a_whole_workspace_along_is_on_record(api: Api) -> None:
    assert (await api.get("/export")).status_code == 200
    [entry] = (await api.get("/audit", params={"what": "export_workspace"})).json()["items"]

    assert (entry["by"], entry["object_kind"], entry["object_name"]) == ("owner of acme", "workspaces", "acme")


async def test_a_source_shows_the_hub_that_tells_of_it(api: Api, world: World) -> None:
    [source, *_] = (await api.get("/sources")).json()["items"]
    now = world.clock.now()
    hub, topic = "https://hub.example.org/", "https://blog.example.org/"
    row = Subscription(new_id(), world.acme.id, source["id"], hub, topic, "", hubs.LIVE, now)
    await world.store.write(hubs.put, row)
    shown = (await api.get(f"/sources/{source['id']}")).json()["hub"]

    assert source["hub"] is None
    assert shown == {"url": "https://hub.example.org/", "state": "live", "note": "", "lease_until": None}
