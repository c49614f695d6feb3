"""The typed client of docs/examples, and its scripts, against the API with a key of its own."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import apply_mapping
import approve_waiting
import export_statistics
import httpx
import list_failed
import pytest

from chappe_client import Chappe, ProblemError, models
from engine.store import tables
from tests.fixtures.instances import MAPPING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.routes.conftest import Api, World

SCOPES = ["deliveries:read", "deliveries:write", "mappings:read", "mappings:write", "posts:read", "pauses:write"]


class Through(httpx.BaseTransport):
    """Carries the requests of a client to the application; the first so many answers are lost on their way."""

    def __init__(self, world: World) -> None:
        self.inner, self.world = httpx.ASGITransport(world.app), world
        self.asked: list[httpx.Request] = []
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer: httpx.Response = self.world.do(self._ask(request))
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("The connection was closed.")
        return answer

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        content = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@pytest.fixture(scope="module")
def way(world: World) -> Through:
    return Through(world)


@pytest.fixture(scope="module")
def client(world: World, api: Api, way: Through) -> Iterator[Chappe]:
    """Give a client with a key, where four posts have come in and Léa wants to be asked."""
    world.cli.out("people", "consent", "give", "Léa", "--mode", "ask_me", "--evidence", "mail", "--workspace", "acme")
    world.cli.arrive("We are hiring", times=4)

    async def key() -> str:
        made = await api.post("/api-keys", json={"name": "client", "scopes": SCOPES})
        assert made.status_code == 201, made.text
        return str(made.json()["token"])

    with Chappe("https://chappe", asyncio.run(key()), transport=way) as found:
        yield found


def test_what_waits_is_approved_as_it_was_seen_and_no_other(client: Chappe) -> None:
    first, *rest = client.list_deliveries(workspace="acme", state="waiting")

    lines = list(approve_waiting.approve(client, "acme", good=lambda seen: seen.id == first.id))

    assert len(lines) == 1
    assert lines[0].startswith("lea-hook: planned, ")
    assert [each.id for each in client.list_deliveries("acme", state="waiting")] == [each.id for each in rest]


def test_what_failed_is_listed_with_the_reason(client: Chappe, world: World) -> None:
    one = next(client.list_deliveries("acme", state="planned", mapping="news"))
    refused = tables.deliveries.update().where(tables.deliveries.c.id == one.id)
    world.do(
        world.store.write(lambda connection: connection.execute(refused.values(state="rejected", detail="Too long.")))
    )

    lines = list(list_failed.failed(client, "acme", world.clock.now() - timedelta(days=7)))

    assert [line.split("  ")[1:] for line in lines] == [[f"news → {one.account}", "rejected: Too long."]]
    assert list(list_failed.failed(client, "acme", world.clock.now() + timedelta(days=1))) == []


def test_statistics_count_every_delivery_of_every_page(client: Chappe, world: World, way: Through) -> None:
    table = io.StringIO()
    before = len(way.asked)

    found = list(client.list_deliveries("acme", limit=3))
    export_statistics.export(export_statistics.counted(client, "acme", world.clock.now() - timedelta(days=30)), table)
    rows = [line.split(",") for line in table.getvalue().splitlines()]

    assert len(way.asked) - before == 4
    assert rows[0] == ["mapping", "sink", "account", "state", "deliveries"]
    assert sum(int(row[-1]) for row in rows[1:]) == len({each.id for each in found}) == 8
    assert found[0].created_at <= world.clock.now() + timedelta(minutes=1)


def test_a_mapping_is_applied_as_it_was_planned_or_its_errors_are_told(client: Chappe) -> None:
    done = apply_mapping.apply(client, "acme", "news.yaml", MAPPING.replace("hiring", "hire"))

    assert [(one.mapping, one.version) for one in done.mappings] == [("news", 2)]
    with pytest.raises(apply_mapping.UnusableError, match=r"news\.yaml:\d+: CH\d+ "):
        apply_mapping.apply(client, "acme", "news.yaml", MAPPING.replace("kind: feed", "kind: fed"))


def test_a_change_goes_with_the_etag_that_was_read(client: Chappe) -> None:
    seen = client.get_mapping("acme", "news")
    text = MAPPING.replace("News to partners", "News")
    client.put_mapping("acme", "news", text, if_match=seen.etag)

    with pytest.raises(ProblemError) as late:
        client.put_mapping("acme", "news", text, if_match=seen.etag)

    assert seen.etag
    assert (late.value.status, late.value.type) == (412, "/api/problems/changed")


def test_a_problem_names_the_places(client: Chappe) -> None:
    with pytest.raises(ProblemError) as wrong:
        client.decide_deliveries("acme", models.DecideIn(ids=["x", "y"], move="approve"))

    places = {one.pointer for one in wrong.value.errors}

    assert wrong.value.title == "Some values are not right"
    assert places == {"/ids/0", "/ids/1"}
    assert "/ids/1" in str(wrong.value)


def test_an_answer_that_was_lost_is_asked_for_again_and_done_once(client: Chappe, way: Through) -> None:
    one = next(client.list_deliveries("acme", state="planned"))
    way.lost = 1

    assert client.cancel_delivery("acme", one.id).state == "cancelled"
    keys = [request.headers["idempotency-key"] for request in way.asked[-2:]]

    assert keys[0] == keys[1]
