"""Accounts, apps, secrets, people, consents, sources, pauses and status over the API; what is secret stays so."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api.app import PREFIX
from api.deps import Permission, Role
from api.moments import written
from api.scopes import guarded

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

UNKNOWN = "f" * 32
PLANTED = "whsec_cGxhbnRlZC1zZWNyZXQtdGhhdC1ub2JvZHktc2VlcyE="


async def _named(api: Api, path: str, name: str) -> dict[str, Any]:
    items = (await api.get(path, params={"limit": 200})).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["name"] == name)
    return found


async def test_an_account_is_added_changed_mended_and_removed(api: Api) -> None:
    given = {"kind": "webhook", "name": "new-hook", "settings": {"url": "https://hooks.example.org/new"}}
    made = await api.post("/accounts", json=given | {"secrets": {"signing": PLANTED}})
    assert made.status_code == 201, made.text
    one = f"/accounts/{made.json()['id']}"

    changed = await api.patch(one, json={"settings": {"url": "https://hooks.example.org/newer"}})
    mended = await api.post(f"{one}/reconnect", json={"secrets": {"signing": PLANTED}})

    assert changed.json()["settings"]["url"] == "https://hooks.example.org/newer"
    assert mended.json() == {"deliveries": 0}
    assert (await api.get(f"{one}/health")).json()["state"] == "live"
    assert (await api.as_(Role.VIEWER).get(one)).json()["settings"] is None
    assert (await api.post("/accounts", json=given)).status_code == 409
    assert (await api.post("/accounts", json=given | {"secrets": {"pin": "1"}})).status_code == 409
    assert (await api.patch(one, json={"settings": {"colour": "red"}})).status_code == 409
    assert (await api.delete(one)).json() == {"still_sending": []}
    assert (await api.get(one)).status_code == 404


async def test_what_is_secret_is_in_no_answer(api: Api, world: World) -> None:
    hook = {"kind": "webhook", "name": "planted", "settings": {"url": "https://hooks.example.org/p"}}
    sent = [
        await api.post("/accounts", json=hook | {"secrets": {"signing": PLANTED}}),
        await api.put("/secrets/hooks", json={"value": PLANTED}),
        await api.put("/apps/x", json={"settings": {"client_id": "M1"}, "secrets": {"client_secret": PLANTED}}),
        await api.put("/secrets/not a name", json={"value": PLANTED}),
    ]
    assert [answer.status_code for answer in sent] == [201, 200, 200, 422]
    account = await _named(api, "/accounts", "planted")
    paths = {
        str(route.path)
        for route, guard in guarded(world.app.routes)
        if isinstance(guard, Permission) and "GET" in (route.methods or ()) and "event" not in str(route.path)
    }
    for path in paths:
        filled = path.replace("{workspace}", "acme").replace("{account}", account["id"]).replace("{platform}", "x")
        answer = await api.get(re.sub(r"\{[^}]+\}", UNKNOWN, filled))
        assert PLANTED not in answer.text, path
    assert len(paths) > 20
    assert all(PLANTED not in answer.text for answer in sent)
    assert (await api.delete("/secrets/hooks")).status_code == 204
    assert (await api.delete("/secrets/hooks")).status_code == 404
    assert (await api.get("/apps")).json()["items"]
    assert [(await api.delete("/apps/x")).status_code for _ in range(2)] == [204, 404]


async def test_people_and_groups_are_kept(api: Api) -> None:
    assert (await api.post("/groups", json={"name": "board"})).json()["size"] == 0
    made = await api.post("/people", json={"name": "Nadia", "groups": ["board"]})
    one = f"/people/{made.json()['id']}"

    assert (await api.patch(one, json={"email": "nadia@acme.example"})).json()["email"] == "nadia@acme.example"
    assert (await api.get(one)).json()["groups"] == ["board"]
    assert [each["name"] for each in (await api.get("/groups/board/members")).json()["items"]] == ["Nadia"]
    assert (await api.delete(f"/groups/board/members/{made.json()['id']}")).json()["size"] == 0
    assert (await api.post("/groups/board/members", json={"people": [made.json()["id"]]})).json()["size"] == 1
    assert (await api.post("/groups/board/members", json={"people": [UNKNOWN]})).status_code == 404
    assert (await api.post("/people", json={"name": "Nadia"})).status_code == 409
    assert (await api.delete("/groups/board")).status_code == 204
    assert (await api.delete(one)).json() == {"still_sending": []}
    assert (await api.patch(one, json={"email": "nadia@acme.example"})).status_code == 404


async def test_a_consent_is_given_with_evidence_and_withdrawn(api: Api, world: World) -> None:
    karim = (await _named(api, "/people", "Karim"))["id"]
    until = written(world.clock.now() + timedelta(days=14))
    given = {"mode": "post_for_me", "mappings": ["news"], "until": until, "evidence": "mail of 3 May"}

    done = await api.post(f"/people/{karim}/consents", json=given)
    assert [each["seq"] for each in done.json()["items"]] == [1], done.text
    assert (await api.post(f"/people/{karim}/consents", json=given | {"evidence": " "})).status_code == 422
    assert (await api.post(f"/people/{karim}/consents", json=given | {"mappings": ["none"]})).status_code == 404
    assert (await api.as_(Role.EDITOR).post(f"/people/{karim}/consents", json=given)).status_code == 403
    await api.post(f"/people/{karim}/consents/withdraw", json={})
    chain = (await api.get(f"/people/{karim}/consents")).json()

    assert [(each["seq"], each["given"]) for each in chain["records"]] == [(1, True), (2, False)]
    assert (chain["intact"], chain["accounts"][0]["given"]) == (True, False)


async def test_a_file_of_people_is_planned_then_applied(api: Api) -> None:
    given = {"text": "people:\n  Ines: {email: ines@acme.example}\n"}
    stale = (await api.post("/people/plan", json=given | {"text": "people: {Ines: {groups: [board]}}"})).json()["plan"]
    refused = await api.post("/people/apply", json=given | {"plan": stale})
    planned = (await api.post("/people/plan", json=given)).json()
    applied = (await api.post("/people/apply", json=given | {"plan": planned["plan"]})).json()
    late = await api.post("/people/apply", json=given | {"plan": planned["plan"]})

    assert (refused.status_code, late.status_code, applied["plan"]) == (409, 409, planned["plan"])
    assert (planned["added"], planned["applied"], applied["applied"]) == (applied["added"], False, True)
    assert (await _named(api, "/people", "Ines"))["email"] == "ines@acme.example"
    assert (await api.post("/people/apply", json={"text": "people: 7"})).status_code == 422


async def test_sources_are_polled_and_released(api: Api) -> None:
    blog = f"/sources/{(await _named(api, '/sources', 'blog'))['id']}"

    assert (await api.get(blog)).json()["mappings"] == ["news"]
    assert (await api.as_(Role.EDITOR).post(f"{blog}/poll")).status_code == 200
    assert (await api.post(f"{blog}/release", json={})).json() == {"posts": [], "skipped": False}
    assert (await api.post(f"/sources/{UNKNOWN}/poll")).status_code == 404
    made = await api.post(f"{blog}/hook")
    assert (made.status_code, made.json()["path"]) == (201, f"/hooks/acme{blog}")
    assert made.json()["secret"].startswith("whsec_")
    assert (await api.delete(f"{blog}/hook")).status_code == 204


async def test_a_mapping_is_paused_and_resumed_with_what_it_missed(api: Api) -> None:
    news = {"scope": "mapping", "name": "news"}
    paused = (await api.post("/pauses/pause", json=news | {"reason": "a quiet week"})).json()["items"]
    resumed = (await api.post("/pauses/resume", json=news | {"missed": "skip"})).json()

    assert [each["what"] for each in paused] == ["the mapping news"]
    assert (resumed["was_paused"], resumed["missed"]) == (True, {"go_on": 0, "skipped": 0})
    assert (await api.post("/pauses/resume", json=news | {"missed": "skip"})).status_code == 409
    assert (await api.post("/pauses/pause", json={"scope": "everything"})).status_code == 422
    assert (await api.post(f"{PREFIX}/instance/pause", json={"reason": "fire"})).status_code == 200
    assert [each["what"] for each in (await api.get("/pauses")).json()["items"]] == ["everything"]
    assert (await api.post(f"{PREFIX}/instance/resume")).status_code == 200


async def test_status_ledger_and_budget_tell_how_it_goes(api: Api) -> None:
    assert (await api.get("/status")).json()["ledger"] == (await api.get("/ledger")).json()
    assert (await api.put("/budget", json={"limit": "12.50"})).json()["limit"] == 12.5
    assert (await api.put("/budget", json={"limit": "-1"})).status_code == 422
    assert (await api.put("/budget", json={"limit": None})).json()["limit"] is None
    keys = (await api.get(f"{PREFIX}/instance/keys")).json()["items"]
    assert [key["workspaces"] for key in keys if key["current"]] == [["acme", "beta"]]
    assert {look["what"] for look in (await api.get(f"{PREFIX}/instance/doctor")).json()["items"]} >= {"database"}
