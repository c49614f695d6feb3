"""Pages follow each other without a gap, and a cursor fits one list only."""

from __future__ import annotations

import base64
import re
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from api import problems
from api.errors import BadRequestError
from api.paging import Fields, Listed, ListedFields, Sparse, ThePage, cursor_of, read_cursor

NAMES = [f"{number:03}" for number in range(120)]


class Thing(BaseModel):
    id: str
    state: str = "new"


def listing() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    def rows(page: ThePage) -> list[str]:
        after = page.last_id("things") or ""
        return [name for name in NAMES if name > after][: page.most]

    @app.get("/things")
    async def things(page: ThePage) -> Listed[Thing]:
        return page.body("things", rows(page), lambda name: Thing(id=name), str)

    @app.get("/sparse", response_model=Listed[Thing] | ListedFields)
    async def sparse(page: ThePage, fields: Annotated[Sparse, Fields(Thing)]) -> Response:
        return fields.answer(page, page.body("things", rows(page), lambda name: Thing(id=name), str))

    return app


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(listing()), base_url="http://chappe", trust_env=False)


async def test_following_the_links_gives_every_row_once(client: httpx.AsyncClient) -> None:
    found, pages, address = [], 0, "/things?limit=50&state=new"
    while address:
        answer = await client.get(address)
        body = answer.json()
        found += [item["id"] for item in body["items"]]
        pages += 1
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("link", ""))
        address = link[1] if link else ""
        assert ("state=new" in address) is (body["next"] is not None)

    assert found == NAMES
    assert pages == 3


@pytest.mark.parametrize("limit", ["0", "201", "many"])
async def test_a_page_has_one_to_two_hundred_rows(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get(f"/things?limit={limit}")).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "", "%00", "AAAAAAAA", cursor_of("others", ("001",)), "é"])
async def test_a_cursor_that_is_none_of_this_list_is_a_bad_request(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/things", params={"after": cursor})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "after"


async def test_the_wanted_fields_alone_are_given_and_the_link_stays(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sparse?limit=1&fields=id")

    assert answer.json()["items"] == [{"id": "000"}]
    assert "rel=" in answer.headers["link"]
    assert (await client.get("/sparse?limit=1")).json()["items"] == [{"id": "000", "state": "new"}]


async def test_an_unknown_field_is_told_with_what_was_meant(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sparse?fields=id,stat")

    assert answer.status_code == 400
    assert answer.json()["detail"] == "There is no “stat”. Did you mean `state`?"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=3))
def test_a_cursor_gives_back_its_key(parts: list[str]) -> None:
    key = tuple(parts)

    assert read_cursor(cursor_of("things", key), "things", len(key)) == key


@given(st.binary(max_size=80), st.sampled_from(["things", "others"]))
def test_whatever_is_no_cursor_is_refused(raw: bytes, name: str) -> None:
    with pytest.raises(BadRequestError):
        read_cursor(base64.urlsafe_b64encode(raw).decode(), name)


@pytest.mark.parametrize("key", [(1,), ({},), ("\0",), ("\ud800",), ("a", "b")])
def test_a_cursor_made_by_hand_holds_nothing_but_plain_texts(key: tuple[str, ...]) -> None:
    with pytest.raises(BadRequestError):
        read_cursor(cursor_of("things", key), "things")
