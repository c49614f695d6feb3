"""Members, API keys, users and workspaces: what changes counts at once, and what is deleted is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from api.deps import Role
from engine.store import pauses, workspaces
from engine.store.tables import metadata
from tests.api.routes.conftest import let_in

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World

KEY = {"name": "nightly export", "scopes": ["members:read", "workspace:read"]}


async def _key(api: Api, **given: Any) -> tuple[str, dict[str, str]]:
    """Make a key; returns its id and the headers that show it."""
    answer = await api.post("/api-keys", json=KEY | given)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return made["key"]["id"], {"authorization": f"Bearer {made['token']}"}


async def _with(api: Api, headers: dict[str, str], path: str = "") -> int:
    return (await api.as_(None).get(path, headers=headers)).status_code


async def _user_id(api: Api, role: Role) -> str:
    items = (await api.get("/members")).json()["items"]
    return str(next(item["user_id"] for item in items if item["role"] == role))


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(api: Api, world: World) -> None:
    key_id, headers = await _key(api)
    token = headers["authorization"].removeprefix("Bearer ")

    shown = (await api.get(f"/api-keys/{key_id}")).json()
    kept = await world.store.read(lambda connection: str(connection.execute(select(metadata.tables["api_keys"])).all()))

    assert token.startswith(f"{shown['prefix']}_")
    assert token not in str(shown)
    assert token not in kept
    assert shown["last_used_at"] is None
    assert await _with(api, headers) == 200
    assert (await api.get(f"/api-keys/{key_id}")).json()["last_used_at"] is not None


async def test_a_key_ends_when_it_is_revoked_and_at_its_end(api: Api, world: World) -> None:
    end = (world.clock.now() + timedelta(minutes=5)).isoformat()
    (revoked, first), (_, second) = await _key(api), await _key(api, expires_at=end)
    before = await _with(api, first), await _with(api, second)

    assert (await api.delete(f"/api-keys/{revoked}")).status_code == 204
    world.clock.advance(300)

    assert before == (200, 200)
    assert (await _with(api, first), await _with(api, second)) == (401, 401)


async def test_a_key_is_only_for_what_routes_ask_for(api: Api) -> None:
    answer = await api.post("/api-keys", json=KEY | {"scopes": ["members:raed"]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/scopes"


async def test_a_key_makes_no_key_that_may_do_more(api: Api) -> None:
    _, headers = await _key(api, scopes=["api-keys:write", "members:read"])
    answers = [
        await api.as_(None).post("/api-keys", json=KEY | {"scopes": scopes}, headers=headers)
        for scopes in (["members:read"], ["members:write"])
    ]

    assert [answer.status_code for answer in answers] == [201, 403]


async def test_a_key_changes_nothing_outside_of_its_workspace(api: Api) -> None:
    _, headers = await _key(api)
    anyone = api.as_(None)

    assert (await anyone.post("/api/v1/workspaces", json={"name": "gamma"}, headers=headers)).status_code == 403
    assert [item["name"] for item in (await anyone.get("/api/v1/workspaces", headers=headers)).json()["items"]] == [
        "acme"
    ]


async def test_a_member_sees_own_keys_and_an_owner_all(api: Api) -> None:
    viewer = api.as_(Role.VIEWER)
    mine, _ = await _key(viewer)
    others, _ = await _key(api)

    assert [item["id"] for item in (await viewer.get("/api-keys")).json()["items"]] == [mine]
    assert {mine, others} <= {item["id"] for item in (await api.get("/api-keys?limit=200")).json()["items"]}
    assert (await viewer.delete(f"/api-keys/{others}")).status_code == 404
    assert (await api.delete(f"/api-keys/{mine}")).status_code == 204


async def test_a_lowered_role_and_a_member_who_is_out_count_at_once(api: Api) -> None:
    approver = api.as_(Role.APPROVER)
    user = await _user_id(api, Role.APPROVER)
    _, headers = await _key(approver)

    assert (await api.put(f"/members/{user}", json={"role": "ambassador"})).status_code == 200
    lowered = (await approver.get("/api-keys")).status_code
    assert (await api.delete(f"/members/{user}")).status_code == 204

    assert lowered == 403
    assert (await approver.get("")).status_code == 404
    assert await _with(api, headers) == 401


async def test_the_only_owner_stays(api: Api) -> None:
    user = await _user_id(api, Role.OWNER)

    assert (await api.put(f"/members/{user}", json={"role": "editor"})).status_code == 409
    assert (await api.delete(f"/members/{user}")).status_code == 409
    assert (await api.delete(f"/api/v1/users/{user}")).status_code == 409
    assert (await api.patch(f"/api/v1/users/{user}", json={"admin": False})).status_code == 409


async def test_somebody_new_is_let_in_once_and_signs_in_by_code(api: Api, world: World) -> None:
    given = {"name": "Karim", "email": "Karim@acme.example", "role": "editor", "person": "Karim"}
    added = await api.post("/members", json=given)
    again = await api.post("/members", json=given)

    assert (added.status_code, again.status_code) == (201, 409)
    assert added.json()["email"] == "karim@acme.example"
    asked = await api.as_(None).post("/api/v1/session/code", json={"email": "karim@acme.example"})
    assert asked.status_code == 202
    assert world.post.codes[-1][0] == "karim@acme.example"


async def test_a_suspended_workspace_is_stopped_and_shut_and_what_was_paused_stays_so(api: Api, world: World) -> None:
    async def paused() -> bool:
        found = await world.store.read(pauses.listed, world.beta.id)
        return any(one.workspace_id == world.beta.id for one in found)

    suspended = await api.post("/api/v1/instance/workspaces/beta/suspend")
    shut = (await api.inside("beta").get("")).status_code, await paused()
    await api.post("/api/v1/instance/workspaces/beta/let-in")

    assert suspended.json()["suspended_at"]
    assert shut == (403, True)
    assert ((await api.inside("beta").get("")).status_code, await paused()) == (200, False)


async def test_deleting_a_workspace_wants_its_name_and_leaves_no_row(api: Api, world: World) -> None:
    made = (await api.post("/api/v1/workspaces", json={"name": "gamma"})).json()

    def fill(connection: Connection) -> None:
        let_in(connection, workspaces.get(connection, made["id"]), world.clock.now())

    await world.store.write(fill)
    gamma = api.inside("gamma")
    await _key(gamma)

    assert (await gamma.delete("", params={"confirm": "gama"})).status_code == 422
    assert (await gamma.delete("", params={"confirm": "gamma"})).status_code == 204
    assert await world.store.read(_rows_of, made["id"]) == {}
    assert (await gamma.get("")).status_code == 404


def _rows_of(connection: Connection, workspace_id: str) -> dict[str, int]:
    """Count the rows of every table that name a workspace in any column."""
    found = {}
    for table in metadata.sorted_tables:
        owner = table.c.id if table.name == "workspaces" else table.c.workspace_id
        if count := connection.execute(select(func.count()).where(owner == workspace_id)).scalar_one():
            found[table.name] = count
    return found


async def test_a_key_lists_its_workspace_however_many_its_owner_is_in(api: Api) -> None:
    for name in ("delta", "epsilon", "zeta"):
        assert (await api.post("/api/v1/workspaces", json={"name": name})).status_code == 201
    made = await api.post("/api/v1/workspaces/zeta/api-keys", json=KEY)
    headers = {"authorization": f"Bearer {made.json()['token']}"}

    listed = (await api.as_(None).get("/api/v1/workspaces?limit=1", headers=headers)).json()

    assert ([item["name"] for item in listed["items"]], listed["next"]) == (["zeta"], None)
