"""Whoever asks too often waits, and is told for how long; whoever guesses credentials pays by address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
from fastapi import FastAPI, Request
from hypothesis import given, settings
from hypothesis import strategies as st

from api import problems
from api.errors import UnauthenticatedError
from api.limits import WINDOW, Buckets, Limits

if TYPE_CHECKING:
    from engine.testing.fakes import FakeClock


def served(clock: FakeClock, quota: int) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Limits, clock=clock, quota=quota, prefix="/api/v1")

    @app.get("/api/v1/things")
    async def things(request: Request) -> None:
        if request.headers.get("authorization", "Bearer good") != "Bearer good":
            raise UnauthenticatedError("No.")

    @app.get("/health")
    async def health() -> None:
        """Answer."""

    return app


def called_from(app: FastAPI, host: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(host, 123))
    return httpx.AsyncClient(transport=transport, base_url="http://chappe", trust_env=False)


def limited(clock: FakeClock, quota: int) -> httpx.AsyncClient:
    return called_from(served(clock, quota), "192.0.2.1")


async def test_the_addresses_of_one_network_of_ipv6_are_one_caller(clock: FakeClock) -> None:
    app = served(clock, quota=2)
    hosts = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1")

    answers = [(await called_from(app, host).get("/api/v1/things")).status_code for host in hosts]

    assert answers == [200, 200, 429, 200]


async def test_who_asks_too_often_is_told_how_long_to_wait(clock: FakeClock) -> None:
    client = limited(clock, quota=3)
    answers = [await client.get("/api/v1/things") for _ in range(4)]
    last = answers[-1]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"][:13] for answer in answers[:3]] == [f'"default";r={left}' for left in (2, 1, 0)]
    assert last.headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert last.headers["retry-after"] == "20"
    assert last.json()["type"] == "/api/problems/too-many-requests"
    assert (await client.get("/health")).status_code == 200

    clock.advance(20)
    assert (await client.get("/api/v1/things")).status_code == 200


async def test_callers_with_credentials_have_a_bucket_each(clock: FakeClock) -> None:
    client = limited(clock, quota=2)
    good = {"authorization": "Bearer good"}
    nobody = [(await client.get("/api/v1/things")).status_code for _ in range(2)]

    assert nobody == [200, 200]
    assert (await client.get("/api/v1/things")).status_code == 429
    assert (await client.get("/api/v1/things", headers={"cookie": "a=b"})).status_code == 429
    clock.advance(WINDOW)
    assert [(await client.get("/api/v1/things", headers=good)).status_code for _ in range(3)] == [200, 200, 429]


async def test_credentials_cannot_be_tried_without_end(clock: FakeClock) -> None:
    client = limited(clock, quota=5)

    async def tried(number: int) -> Any:
        return (await client.get("/api/v1/things", headers={"authorization": f"Bearer {number}"})).status_code

    assert [await tried(number) for number in range(7)] == [401] * 5 + [429] * 2


def test_buckets_are_bounded_in_number() -> None:
    buckets = Buckets(quota=10, most=100)
    for number in range(1_000):
        buckets.take(str(number), 0.0)

    assert len(buckets._kept) == 100  # noqa: SLF001  # its memory is what is bounded


@settings(max_examples=40)
@given(st.lists(st.floats(0, 30), max_size=200))
def test_no_more_than_the_quota_and_what_flows_in_is_ever_given(waits: list[float]) -> None:
    buckets, now, given = Buckets(quota=7), 0.0, 0
    for wait in waits:
        now += wait
        given += buckets.take("lea", now) is not None

    assert given <= 7 + now * 7 / WINDOW + 1e-6
