"""Whoever has seen a thing as it is may change it; whoever has it already is not sent it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from api import problems
from api.etags import IfMatch, Now, Seen, in_form, tag_of, tagged

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
TAG = tag_of("version", 3, AT)


class Thing(BaseModel):
    name: str = "news"


def conditional() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    now = Now(TAG, "léa@acme.example", AT)

    @app.get("/thing", response_model=Thing)
    async def read(request: Request) -> Response:
        return tagged(request, Thing(), TAG)

    @app.put("/thing")
    async def change(seen: Annotated[Seen, IfMatch(required=True)]) -> None:
        seen.check(now)

    @app.patch("/thing")
    async def patch(seen: Annotated[Seen, IfMatch()]) -> None:
        seen.check(now)

    return app


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(conditional()), base_url="http://chappe", trust_env=False)


def test_a_tag_is_strong_and_names_one_state() -> None:
    same_moment = AT.astimezone(timezone(timedelta(hours=2)))

    assert tag_of("version", 3, same_moment) == TAG
    assert TAG.startswith('"')
    assert len({TAG, tag_of("version", 4, AT), tag_of("version3", AT), tag_of("version", 3, "")}) == 4


@pytest.mark.parametrize("known", [TAG, f"W/{TAG}", f'"other", {TAG}', "*"])
async def test_what_the_caller_has_is_not_sent_again(client: httpx.AsyncClient, known: str) -> None:
    answer = await client.get("/thing", headers={"if-none-match": known})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", TAG)


async def test_what_the_caller_has_not_is_sent_with_its_tag(client: httpx.AsyncClient) -> None:
    answer = await client.get("/thing", headers={"if-none-match": '"older"'})

    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, {"name": "news"}, TAG)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {}, 428),
        ("PATCH", {}, 200),
        ("PUT", {"if-match": TAG}, 200),
        ("PUT", {"if-match": "*"}, 200),
        ("PUT", {"if-match": f"W/{TAG}"}, 412),
        ("PATCH", {"if-match": '"older"'}, 412),
        ("PUT", {"if-match": TAG.strip('"')}, 400),
        ("PUT", {"if-match": "x" * 3_000}, 400),
    ],
)
async def test_a_change_is_taken_from_who_has_seen_the_thing_as_it_is(
    client: httpx.AsyncClient, method: str, headers: dict[str, str], status: int
) -> None:
    assert (await client.request(method, "/thing", headers=headers)).status_code == status


async def test_the_refusal_says_who_changed_it_and_when(client: httpx.AsyncClient) -> None:
    problem = (await client.put("/thing", headers={"if-match": '"older"'})).json()

    assert problem["type"] == "/api/problems/changed"
    assert "by léa@acme.example at 2026-05-04T09:30:00Z" in problem["detail"]


async def test_a_weak_tag_is_no_proof_and_is_not_called_a_change(client: httpx.AsyncClient) -> None:
    answer = await client.patch("/thing", headers={"if-match": f"W/{TAG}"})

    assert answer.status_code == 412
    assert "weak" in answer.json()["detail"]


async def test_who_has_read_another_form_has_seen_the_same_state(client: httpx.AsyncClient) -> None:
    yaml = in_form(TAG, "yaml")

    assert yaml != TAG
    assert (await client.patch("/thing", headers={"if-match": yaml})).status_code == 200
    assert (await client.get("/thing", headers={"if-none-match": yaml})).status_code == 200
