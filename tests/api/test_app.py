"""The web face: alive, ready or why not, and a start page that needs nothing from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import VERSION, make_app
from engine.store.overview import Overview

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NUMBERS = Overview(sources=3, due=12, doubtful=1, sent=1_234_567)


class FakeServing:
    """A process whose state a test sets."""

    def __init__(self) -> None:
        self.why: list[str] = []

    async def reasons(self) -> list[str]:
        return self.why

    async def overview(self) -> Overview:
        return NUMBERS

    async def waiting(self) -> int:
        return 2


@pytest.fixture
def serving() -> FakeServing:
    return FakeServing()


@pytest.fixture
async def client(serving: FakeServing) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(serving))
    async with httpx.AsyncClient(transport=transport, base_url="http://chappe") as opened:
        yield opened


async def test_a_process_that_answers_is_alive_whatever_else(client: httpx.AsyncClient, serving: FakeServing) -> None:
    serving.why = ["The database is away."]

    answer = await client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "alive", "version": VERSION}


async def test_a_process_without_a_reason_against_it_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "reasons": []}


async def test_a_process_that_is_not_ready_says_why(client: httpx.AsyncClient, serving: FakeServing) -> None:
    serving.why = ["The database is away.", "No key file is loaded."]

    answer = await client.get("/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reasons": serving.why}


async def test_the_start_page_shows_version_and_numbers(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text

    assert VERSION in page
    tiles = re.findall(r'<li class="(\w+)"><b>(.+?)</b>', page)
    assert tiles == [
        ("sources", "3"), ("due", "12"), ("waiting", "2"), ("doubtful", "1"), ("sent", "1\u202f234\u202f567")
    ]  # fmt: skip
    assert ">running<" in page


async def test_the_start_page_says_why_it_has_no_numbers(client: httpx.AsyncClient, serving: FakeServing) -> None:
    serving.why = ["<script>alert('the database')</script>"]

    page = (await client.get("/")).text

    assert ">not ready<" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert 'class="sent"' not in page


async def test_the_start_page_loads_nothing_and_runs_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert (
        re.findall(
            r"(?:https?:)?//[^\s\"'<]+|url\(|@import|<script|<link(?! rel=\"icon\" href=\"data:,\")|<img", answer.text
        )
        == []
    )
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_description_of_the_api_can_be_read(client: httpx.AsyncClient) -> None:
    description = (await client.get("/api/v1/openapi.json")).json()

    assert description["openapi"].startswith("3.1")
    assert set(description["paths"]) == {"/health", "/ready"}
