"""Every error is a problem with a place to read about it, and none tells more than it should."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

import api
import connectors
import engine
import mappings
from api import problems
from api.errors import BadRequestError, Fault, UnauthenticatedError
from api.problem_list import FAILED, OF, PROBLEMS, problem_of
from engine.errors import ChappeError, MappingError, NotFoundError, RejectedError
from mappings.findings import Finding, FindingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTSIDE = (
    "api.cli", "api.demo", "api.server", "engine.testing", "engine.run.agree", "engine.runtime", "engine._alembic",
)  # fmt: skip
"""What no route of the API calls: the command line, the demo, the process itself as it starts."""


class Way(BaseModel):
    password: SecretStr
    steps: list[dict[str, int]]


def raising() -> FastAPI:
    """Give an application whose routes go wrong."""
    app = FastAPI()
    problems.install(app)
    errors = {
        "missing": NotFoundError("There is no mapping “news”."),
        "nobody": UnauthenticatedError("Sign in first."),
        "refused": RejectedError("The text is too long.", code="too_long"),
        "fault": BadRequestError("No.", [Fault("No number.", "int", parameter="limit")]),
        "findings": FindingsError([Finding("a.yaml", 3, 7, "M101", "operators.jobs.any[0].te~xt", "Wrong.")]),
        "bug": ValueError("the password is hunter2"),
    }

    @app.get("/raise/{name}")
    async def raised(name: str) -> None:
        raise errors[name]

    @app.post("/ways")
    async def posted(way: Way, limit: int = 1) -> Way:
        return way

    return app


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(raising(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://chappe", trust_env=False)


def every(kind: type[ChappeError]) -> Iterator[type[ChappeError]]:
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


def test_every_error_that_the_api_can_raise_has_a_problem() -> None:
    for package in (api, connectors, engine, mappings):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith(OUTSIDE):
                importlib.import_module(found.name)
    kinds = {kind for kind in every(ChappeError) if not kind.__module__.startswith((*OUTSIDE, "tests", "docs"))}

    assert len(kinds) >= len(OF)
    assert {kind.__qualname__ for kind in kinds if kind not in OF and OF.keys().isdisjoint(kind.__mro__)} == set()


def test_an_error_is_the_problem_of_what_it_derives_from() -> None:
    assert problem_of(FindingsError([])) is OF[MappingError]
    assert problem_of(ChappeError("Nobody knows.")) is FAILED


async def test_every_problem_leads_to_a_page_on_this_instance(client: httpx.AsyncClient) -> None:
    for problem in PROBLEMS:
        page = await client.get(problem.kind, headers={"accept": "text/html"})
        data = (await client.get(problem.kind)).json()

        assert page.headers["content-type"].startswith("text/html")
        assert problem.title in page.text
        assert data["status"] == problem.status
        assert data["remedy"] == problem.remedy
    assert len({problem.slug for problem in PROBLEMS}) == len(PROBLEMS)


async def test_an_error_says_its_sentence(client: httpx.AsyncClient) -> None:
    answer = await client.get("/raise/missing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/api/problems/not-found", "title": "There is no such thing", "status": 404,
        "detail": "There is no mapping “news”.", "instance": "",
    }  # fmt: skip
    assert (await client.get("/raise/nobody")).headers["www-authenticate"].startswith("Bearer")
    assert (await client.get("/raise/refused")).json()["errors"][0]["code"] == "too_long"
    assert (await client.get("/raise/fault")).json()["errors"][0]["parameter"] == "limit"


async def test_a_finding_has_its_position_and_its_pointer(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/raise/findings")).json()

    assert problem["status"] == 422
    assert problem["errors"] == [{
        "pointer": "/operators/jobs/any/0/te~0xt", "detail": "Wrong.", "code": "M101", "file": "a.yaml", "line": 3,
        "column": 7, "path": "operators.jobs.any[0].te~xt", "severity": "error",
    }]  # fmt: skip


async def test_what_nobody_foresaw_says_nothing_of_itself(client: httpx.AsyncClient) -> None:
    answer = await client.get("/raise/bug")

    assert answer.status_code == 500
    assert answer.json()["type"] == "/api/problems/internal"
    assert "hunter2" not in answer.text
    assert "ValueError" not in answer.text


async def test_paths_and_methods_that_are_not_there_are_problems(client: httpx.AsyncClient) -> None:
    nowhere, method = await client.get("/nowhere"), await client.put("/ways")

    assert (nowhere.status_code, nowhere.json()["detail"]) == (404, "There is nothing at /nowhere.")
    assert (method.status_code, method.headers["allow"]) == (405, "POST")
    assert method.json()["detail"] == "/ways takes POST, not PUT."


async def test_wrong_values_are_named_by_pointer_and_never_repeated(client: httpx.AsyncClient) -> None:
    wrong = {"password": 12345, "steps": [{"a": 1, "b/c": "hunter2"}]}

    problem = (await client.post("/ways?limit=many", json=wrong)).json()

    assert problem["status"] == 422
    assert [(one.get("pointer"), one.get("parameter"), one["code"]) for one in problem["errors"]] == [
        (None, "limit", "int_parsing"),
        ("/password", None, "string_type"),
        ("/steps/0/b~1c", None, "int_parsing"),
    ]
    assert "hunter2" not in str(problem)
    assert "12345" not in str(problem)


@pytest.mark.parametrize("body", [b"{", b'{"password": ', b"[1,]"])
async def test_a_body_that_is_no_json_is_a_bad_request(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/ways", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "json_invalid")


async def test_words_that_are_no_unicode_can_be_answered(client: httpx.AsyncClient) -> None:
    body = b'{"password": "x", "steps": [{"\\ud800": "x"}]}'

    answer = await client.post("/ways", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/steps/0/")
