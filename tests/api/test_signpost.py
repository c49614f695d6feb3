"""The signpost: it asks the routes that a path names, and changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Match, Route

from api import signpost

if TYPE_CHECKING:
    from starlette.types import Scope

HERE = "/api/v1/workspaces/acme"


class Counting(Route):
    """A route of another resource, which counts how often it is asked."""

    asked = 0

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        self.asked += 1
        return super().matches(scope)


async def _elsewhere() -> None:
    raise AssertionError


def _app(*, signed: bool) -> tuple[FastAPI, Counting]:
    app = FastAPI()
    other = Counting("/api/v1/workspaces/{workspace}/others", _elsewhere)
    app.router.routes.append(other)
    for method in ("get", "post"):  # two routers share a path, as reading and changing mappings do
        router = APIRouter(prefix="/workspaces/{workspace}")

        async def done(workspace: str, method: str = method) -> dict[str, Any]:
            return {"workspace": workspace, "by": method}

        getattr(router, method)("/things")(done)
        app.include_router(router, prefix="/api/v1")
    if signed:
        signpost.install(app)
    return app, other


async def _answer(app: FastAPI, method: str, path: str) -> tuple[int, bytes, str | None]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chappe") as client:
        answer = await client.request(method, path)
    return answer.status_code, answer.content, answer.headers.get("location")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{HERE}/things", 200),
        ("POST", f"{HERE}/things", 200),
        ("DELETE", f"{HERE}/things", 405),
        ("GET", f"{HERE}/things/", 307),
        ("GET", f"{HERE}/things/7", 404),
        ("GET", f"{HERE}/nothing", 404),
        ("GET", "/", 404),
    ],
)
async def test_it_changes_no_answer(method: str, path: str, status: int) -> None:
    signed, plain = [await _answer(_app(signed=signed)[0], method, path) for signed in (True, False)]

    assert signed == plain
    assert signed[0] == status


@pytest.mark.parametrize("signed", [True, False])
async def test_routes_of_other_resources_are_not_asked(signed: bool) -> None:
    app, other = _app(signed=signed)

    await _answer(app, "GET", f"{HERE}/things")

    assert (other.asked == 0) is signed
