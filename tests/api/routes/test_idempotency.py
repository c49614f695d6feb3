"""A POST that is sent again is answered again, and done once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select, text

from api import idempotency, problems
from api.app import guarded
from api.deps import Caller, May, Role
from engine.errors import ConflictError
from engine.ids import new_id
from engine.run.retire import ANSWERS_KEPT
from engine.store import retire
from engine.store.tables import idempotency_keys
from tests.api.routes.conftest import shown_by, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.api.routes.conftest import Api, World


@dataclass
class Shop:
    """A route that counts what it does, and calls of it."""

    world: World
    done: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        app = FastAPI()
        problems.install(app)
        idempotency.install(app)
        guarded(app, None)
        app.state.face = self.world.face

        @app.post("/workspaces/{workspace}/things", status_code=201)
        async def make(
            workspace: str, name: str, caller: Annotated[Caller, May("things:write", Role.EDITOR)]
        ) -> Response:
            self.done.append(f"{workspace} {caller.by} {name}")
            self.begun.set()
            if name == "slow":
                await self.gate.wait()
            if name == "refused":
                raise ConflictError("There is one already.")
            if name == "bug":
                raise ValueError
            secret = {"name": name, "key": "hunter2 é", "nth": len(self.done)}
            return JSONResponse(secret, 201, {"location": f"/things/{name}", "set-cookie": "a=b"})

        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://chappe", trust_env=False)

    async def post(self, name: str, key: str, role: Role = Role.OWNER, workspace: str = "acme") -> httpx.Response:
        headers = shown_by(token_of(workspace, role)) | {"idempotency-key": key}
        return await self.client.post(f"/workspaces/{workspace}/things?name={name}", headers=headers)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


async def test_the_same_request_gets_the_same_answer_and_is_done_once(shop: Shop) -> None:
    key = new_id()
    first, again = await shop.post("a", key), await shop.post("a", key)

    assert len(shop.done) == 1
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == "/things/a"
    assert "set-cookie" not in again.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


async def test_an_answer_outlives_the_process_and_lies_sealed(shop: Shop, world: World) -> None:
    key = new_id()
    first = await shop.post("a", key)
    restarted = Shop(world)

    assert (await restarted.post("a", key)).content == first.content
    assert restarted.done == []
    query = select(idempotency_keys.c.body).where(idempotency_keys.c.key == key)
    kept: Any = await world.store.read(lambda connection: connection.execute(query).scalar())
    assert b"hunter2" not in kept


async def test_another_request_with_the_key_is_refused(shop: Shop) -> None:
    key = new_id()
    await shop.post("a", key)
    other = await shop.post("b", key)

    assert (other.status_code, other.json()["type"]) == (422, "/api/problems/key-reused")
    assert len(shop.done) == 1


async def test_a_key_is_one_workspaces(shop: Shop) -> None:
    key = new_id()
    await shop.post("a", key)

    assert "idempotent-replayed" not in (await shop.post("a", key, workspace="beta")).headers
    assert (await shop.post("a", key, role=Role.VIEWER)).status_code == 403
    assert len(shop.done) == 2


async def test_whoever_comes_meanwhile_is_told_to_wait(shop: Shop) -> None:
    key = new_id()
    first = asyncio.create_task(shop.post("slow", key))
    await asyncio.wait_for(shop.begun.wait(), 5)
    meanwhile = await shop.post("slow", key)

    assert (meanwhile.status_code, meanwhile.headers["retry-after"]) == (409, "1")
    assert meanwhile.json()["type"] == "/api/problems/in-progress"
    shop.gate.set()
    answer = await first
    again = await shop.post("slow", key)
    assert (again.content, again.headers["idempotent-replayed"]) == (answer.content, "true")


async def test_a_request_holds_its_key_however_long_it_takes(shop: Shop, world: World) -> None:
    key = new_id()
    first = asyncio.create_task(shop.post("slow", key))
    await asyncio.wait_for(shop.begun.wait(), 5)
    async with asyncio.timeout(5):
        for _ in range(4):
            while not world.clock.sleeping:  # noqa: ASYNC110  # what another task does
                await asyncio.sleep(0)
            world.clock.advance(21)
            while await _taken_at(world, key) != world.clock.now():  # noqa: ASYNC110  # what another task does
                await asyncio.sleep(0)

    assert (await shop.post("slow", key)).status_code == 409
    shop.gate.set()
    await first
    assert len(shop.done) == 1


def _taken_at(world: World, key: str) -> Awaitable[Any]:
    query = select(idempotency_keys.c.created_at).where(idempotency_keys.c.key == key)
    return world.store.read(lambda connection: connection.execute(query).scalar())


async def test_outside_of_workspaces_it_is_the_same(api: Api, world: World) -> None:
    key = {"idempotency-key": new_id()}
    first, again = [await api.post("/api/v1/workspaces", json={"name": "twice"}, headers=key) for _ in range(2)]
    other = await api.post("/api/v1/workspaces", json={"name": "thrice"}, headers=key)

    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert other.json()["type"] == "/api/problems/key-reused"
    query = select(idempotency_keys.c.body).where(idempotency_keys.c.key == key["idempotency-key"])
    kept: Any = await world.store.read(lambda connection: connection.execute(query).scalar())
    assert b"twice" not in kept


async def test_an_api_key_has_keys_of_its_own(api: Api) -> None:
    scopes = {"scopes": ["people:write"]}
    made = [await api.post("/api-keys", json={"name": name} | scopes) for name in ("one", "two")]
    shown = [{"authorization": f"Bearer {each.json()['token']}", "idempotency-key": "the-same"} for each in made]
    answers = [await api.as_(None).post("/people", json={"name": "Noor"}, headers=each) for each in (*shown, shown[0])]

    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert answers[2].content == answers[0].content


async def test_a_refusal_is_not_kept(shop: Shop) -> None:
    key = new_id()
    await shop.post("refused", key)
    await shop.post("refused", key)

    assert len(shop.done) == 2
    assert (await shop.post("a", key)).status_code == 201


async def test_what_nobody_foresaw_holds_its_key_for_a_minute(shop: Shop, world: World) -> None:
    key = new_id()
    assert (await shop.post("bug", key)).status_code == 500

    assert (await shop.post("bug", key)).status_code == 409
    world.clock.advance(61)
    assert (await shop.post("bug", key)).status_code == 500
    assert len(shop.done) == 2


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
async def test_a_key_is_of_visible_characters(shop: Shop, key: str) -> None:
    shown = [(name.encode(), value.encode()) for name, value in shown_by(token_of("acme", Role.OWNER)).items()]
    headers = [*shown, (b"idempotency-key", key.encode())]
    answer = await shop.client.post("/workspaces/acme/things?name=a", headers=headers)

    assert (answer.status_code, shop.done) == (400, [])


async def test_answers_are_forgotten_after_a_day(shop: Shop, world: World) -> None:
    key = new_id()
    await shop.post("a", key)
    now = world.clock.now()
    count = text("SELECT COUNT(*) FROM idempotency_keys")

    assert await world.store.write(retire.answers, now - ANSWERS_KEPT, 10) == 0
    while await world.store.write(retire.answers, now + timedelta(seconds=1), 2):
        pass
    assert await world.store.read(lambda connection: connection.execute(count).scalar()) == 0
