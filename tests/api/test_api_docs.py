"""The page of the API: it comes whole from this instance, and may load from nowhere else."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from api import api_docs, problems


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(api_docs.router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://chappe", trust_env=False)


async def test_the_page_may_load_and_call_this_instance_alone(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/api/docs")).headers["content-security-policy"]
    sources = {word for part in policy.split(";") for word in part.split()[1:]}

    assert "default-src 'none'" in policy
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert "script-src 'self';" in policy


async def test_every_part_that_the_page_names_is_served_here(client: httpx.AsyncClient) -> None:
    page = (await client.get("/api/docs")).text
    named = [one for one in re.findall(r'(?:src|href)="([^"]+)"', page) if one.startswith("/api/docs/")]
    answers = {one: await client.get(one) for one in named}

    assert len(named) == 4
    assert {one: answer.status_code for one, answer in answers.items() if answer.status_code != 200} == {}
    assert not re.search(r'(?:src|href)="(?!/|data:)', page)
    assert b"SwaggerUIBundle" in answers["/api/docs/swagger-ui-bundle.js"].content


async def test_what_is_no_part_of_the_page_is_not_served(client: httpx.AsyncClient) -> None:
    for name in ("redoc.standalone.js", "..%2F__init__.py", "start.html"):
        assert (await client.get(f"/api/docs/{name}")).status_code == 404
