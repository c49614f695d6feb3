"""What paths take: HEAD where they take GET, methods by their names, and bodies and answers in the forms they name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from api.methods import taken
from api.written import asked_by
from docs import api_pages

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World


@pytest.mark.parametrize("path", ["/mappings", "/events", "/mappings/news", "/api/v1/me"])
async def test_head_says_what_get_would_without_the_body(api: Api, path: str) -> None:
    answer = await api.call("HEAD", path)

    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-type" in answer.headers


async def test_head_is_refused_as_get_would_be(api: Api) -> None:
    assert (await api.as_(None).call("HEAD", "/mappings")).status_code == 401
    assert (await api.call("HEAD", "/mappings/nothing")).status_code == 404


async def test_a_method_that_is_not_taken_is_told_all_that_are(api: Api, world: World) -> None:
    answer = await api.call("PATCH", "/mappings/news")

    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")
    assert "takes DELETE, GET, HEAD, PUT, not PATCH" in answer.json()["detail"]
    assert taken(world.app.routes, "/api/v1/connect/callback") == "GET"


async def test_a_form_that_is_not_taken_or_given_is_told_which_is(api: Api) -> None:
    odd = {"content-type": "text/plain"}
    document = await api.post("/mappings", content="x", headers=odd)
    thing = await api.post("/groups", content="x", headers=odd)
    wanted = await api.get("/mappings/news", headers={"accept": "text/plain"})

    assert (document.status_code, thing.status_code, wanted.status_code) == (415, 415, 406)
    assert "application/yaml or application/json" in document.json()["detail"]
    assert thing.json()["detail"] == "The body is “text/plain”: send it as application/json."
    assert "application/json or application/yaml" in wanted.json()["detail"]


async def test_a_text_that_is_written_otherwise_is_told_how_in_a_sentence(api: Api) -> None:
    poll = await api.post("/sources/blog/poll")
    resumed = await api.get("/events", headers={"last-event-id": "7"})

    for answer in (poll, resumed):
        assert answer.json()["errors"][0]["detail"].startswith("An id is 32 characters of 0-9 and a-f")


def test_every_pattern_that_a_request_can_miss_has_its_sentence() -> None:
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', api_pages.written()))
    headers = {'"^[!-~]+$"', '"^[0-9]+$"'}
    silent = [one for one in patterns - headers if "this is not written" in asked_by(json.loads(one)).lower()]

    assert len(patterns) > 5
    assert silent == []
