"""What every request passes: an id, a body of a readable form, and answers that protect who reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from api import problems
from api.ageing import Deprecated
from api.app import guarded
from api.guards import DEPTH, DIGEST, Bodies, is_deep

JSON = {"content-type": "application/json"}
ROUNDS = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def guarded_app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    guarded(app, None)

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, Any]:
        return {"size": len(await request.body()), "id": structlog.contextvars.get_contextvars()["request_id"]}

    @app.post("/json")
    async def parsed(body: dict[str, Any]) -> list[str]:
        return sorted(body)

    @app.get("/long")
    async def long() -> list[str]:
        return ["Karim"] * 1_000

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["data: x\n\n"] * 1_000), media_type="text/event-stream")

    @app.get("/old", dependencies=[Deprecated(ROUNDS, ROUNDS.replace(year=2027), "/docs/new")])
    async def old() -> StreamingResponse:
        return StreamingResponse(iter(["old"]))

    @app.get("/bug")
    async def bug() -> None:
        message = "hunter2"
        raise ValueError(message)

    return app


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(guarded_app(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://chappe", trust_env=False)


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123.x_9", True), ("short", False), ("a b\tccccc", False), ("x" * 65, False)]
)
async def test_a_sane_request_id_is_kept_and_any_other_made_anew(
    client: httpx.AsyncClient, given: str, kept: bool
) -> None:
    answer = await client.post("/echo", headers={"x-request-id": given})

    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.json()["id"] == answer.headers["x-request-id"]


async def test_what_nobody_foresaw_has_the_id_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/bug", headers={"x-request-id": "trace-0001"})

    assert (answer.status_code, answer.json()["instance"]) == (500, "trace-0001")
    assert answer.headers["x-request-id"] == "trace-0001"


async def test_every_answer_protects_who_reads_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "strict-transport-security" not in answer.headers
    assert "strict-transport-security" in (await client.get("https://chappe/nowhere")).headers


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, b"x" * 1_000_001, 413),
        (JSON | {"content-length": "9" * 30}, b"{}", 413),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (JSON, b'{"a": "\xff"}', 400),
        (JSON, b'{"a\\u0000": 1}', 400),
        (JSON, b'{"a": "\\ud800"}', 200),
        (JSON, b'{"a": 1' + b"0" * 9_000 + b"}", 400),
        ({"content-type": "application/json; charset=utf-16"}, "{}".encode("utf-16"), 415),
        ({"content-type": "application/yaml; charset=latin1"}, b"a: b", 415),
        (JSON | {"content-encoding": "gzip"}, b"{}", 415),
        ({"content-type": "application/json; charset=UTF-8"}, b'{"a": "\\\\u0000"}', 200),
        (JSON, json.dumps({"a": "[" * 500}).encode(), 200),
    ],
)
async def test_a_body_that_no_route_can_read_is_refused_in_a_sentence(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await client.post("/json", headers=headers, content=body)

    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"


async def test_an_address_with_a_nul_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/long%00")).status_code == 400
    assert (await client.get("/long?after=%00")).status_code == 400


async def test_long_answers_are_compressed_and_streams_are_not(client: httpx.AsyncClient) -> None:
    asked = {"accept-encoding": "gzip"}

    assert (await client.get("/long", headers=asked)).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in (await client.get("/stream", headers=asked)).headers


async def test_a_route_on_its_way_out_says_so(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/old")).headers

    assert headers["deprecation"] == "@1777887000"
    assert headers["sunset"] == "Tue, 04 May 2027 09:30:00 GMT"
    assert headers["link"] == '</docs/new>; rel="deprecation"'


@settings(max_examples=25)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_depth_is_that_of_the_brackets_outside_of_strings(value: Any) -> None:
    wrapped: Any = value
    for _ in range(DEPTH + 1):
        wrapped = [wrapped]
    strings = json.dumps(["[{" * DEPTH, value]).encode()

    assert is_deep(json.dumps(wrapped).encode())
    assert not is_deep(strings)


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000, b'"\\' * 400_000, b"[" * 101 + b'"' * 400_001])
def test_a_string_without_an_end_is_read_once(body: bytes) -> None:
    assert is_deep(b"[" * (DEPTH + 1) + body)
    is_deep(body + b"[" * (DEPTH + 1))


async def test_who_announces_no_body_is_not_asked_for_one() -> None:
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        asked.append(scope["state"][DIGEST])

    async def silent() -> Any:
        pytest.fail("It asked for a body.")

    async def unheard(message: Any) -> None:
        pytest.fail(f"It answered {message}.")

    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "headers": []}
    await Bodies(app)(scope, silent, unheard)

    assert asked == [sha256(b"").hexdigest()]
