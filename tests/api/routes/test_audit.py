"""Every change leaves who made it and with what, in its own transaction and without secrets; nothing else does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.deps import Role
from tests.fixtures.instances import MAPPING

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

CANARY = "s3cr3t-canary"


async def _entries(api: Api, **asked: Any) -> list[dict[str, Any]]:
    answer = await api.get("/audit", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _user_id(api: Api, role: Role) -> str:
    items = (await api.get("/members")).json()["items"]
    return str(next(item["user_id"] for item in items if item["role"] == role))


async def test_a_change_is_kept_with_who_made_it_what_was_before_and_what_was_given(api: Api) -> None:
    approver = await _user_id(api, Role.APPROVER)

    changed = await api.put(f"/members/{approver}", json={"role": "editor"})
    assert changed.status_code == 200, changed.text
    [kept] = await _entries(api, object=approver)

    assert (kept["by"], kept["face"], kept["what"]) == ("owner of acme", "api", "change_member")
    assert (kept["object_kind"], kept["object_name"]) == ("members", approver)
    assert (kept["before"], kept["given"]) == ({"role": "approver"}, {"role": "editor"})
    assert kept["request_id"] == changed.headers["x-request-id"]


async def test_what_is_refused_or_only_read_leaves_nothing(api: Api) -> None:
    before = await _entries(api)

    assert (await api.put(f"/members/{'f' * 32}", json={"role": "editor"})).status_code == 404
    assert (await api.as_(Role.VIEWER).post("/api-keys", json={"name": "x", "scopes": []})).status_code in {403, 422}
    assert (await api.get("/members")).status_code == 200

    assert await _entries(api) == before


async def test_no_secret_reaches_the_record(api: Api, world: World) -> None:
    secret = await api.put("/secrets/hook_key", json={"value": CANARY})
    assert secret.status_code == 200, secret.text
    url = f"https://hooks.example.org/in?key={CANARY}"
    made = await api.post("/webhooks", json={"name": "crm", "url": url, "kinds": ["delivery.sent"]})
    assert made.status_code == 201, made.text

    kept = await _entries(api, limit=2)

    assert {entry["object_kind"] for entry in kept} == {"webhooks", "secrets"}
    assert CANARY not in json.dumps(kept)
    assert kept[0]["given"]["url"] == "https://hooks.example.org/in"


async def test_applying_a_plan_is_kept_with_the_mappings_that_it_changes(api: Api, world: World) -> None:
    texts = {f"{name}.yaml": MAPPING.replace("mapping: news", f"mapping: {name}") for name in ("first", "second")}
    plan = (await api.post("/mappings/plan", json={"documents": texts})).json()
    applied = await api.post("/mappings/apply", json={"plan": plan})
    assert applied.status_code == 200, applied.text
    [kept, *_] = await _entries(api, limit=1)

    assert (kept["what"], kept["given"]["mappings"]) == ("apply_mappings", ["first", "second"])
    file = world.cli.write("third.yaml", texts["first.yaml"].replace("first", "third"))
    await asyncio.to_thread(world.cli.out, "apply", file, "-w", "acme")
    [typed, *_] = await _entries(api, limit=1, what="apply")
    assert typed["given"] == {"words": [file, "-w", "acme"], "mappings": ["third"]}


@pytest.fixture(scope="module")
def typed(world: World) -> Any:
    """Give what the command line finds of what was done by the command line."""
    for name in ("Ana", "Bo"):
        world.cli.out("people", "add", name, "-w", "acme")
    world.cli.out("people", "list", "-w", "acme")
    return world.cli.data("audit", "--what", "people add", "--object", "Ana", "-w", "acme")


async def test_what_the_command_line_changes_is_kept_and_found_page_by_page(
    api: Api, typed: list[dict[str, Any]]
) -> None:
    first = await api.get("/audit", params={"by": "Ada", "what": "people add", "limit": 1})
    rest = await api.get(
        "/audit", params={"by": "Ada", "what": "people add", "limit": 1, "after": first.json()["next"]}
    )

    assert [page.json()["items"][0]["object_name"] for page in (first, rest)] == ["Bo", "Ana"]
    assert [(entry["by"], entry["face"], entry["given"]) for entry in typed] == [
        ("Ada", "cli", {"words": ["Ana", "-w", "acme"]})
    ]


async def test_what_concerns_the_instance_is_for_its_administrators(api: Api) -> None:
    made = await api.post("/api/v1/workspaces", json={"name": "gone"})
    there = api.inside("gone")
    deleted = await api.delete("/api/v1/workspaces/gone", params={"confirm": "gone"})
    kept = (await api.get("/api/v1/instance/audit", params={"by": "owner of acme"})).json()["items"]

    assert (made.status_code, deleted.status_code, there.workspace) == (201, 204, "gone")
    assert [entry["what"] for entry in kept][:2] == ["delete_workspace", "create_workspace"]
    assert (await api.inside("beta").get("/api/v1/instance/audit")).status_code == 403
