"""The way to a route: by the name of its resource, instead of asking every route whether it is meant.

FastAPI asks one router after the other, and each of its routes, for every request: with two hundred of them that is a
tenth of what a read costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

_KIND: Final = 3
_RESOURCE: Final = 5
"""Where the names stand in `/api/v1/workspaces/{workspace}/deliveries`, cut at each slash."""

Sign = tuple[str, str]


def install(app: FastAPI) -> None:
    """Put the signs up, once all routes are there."""
    app.router.middleware_stack = Signpost(app.router.middleware_stack, app.routes)


class Signpost:
    """Asks only the routes of the resource that a path names; what none of them takes goes on as it came."""

    def __init__(self, app: ASGIApp, routes: list[BaseRoute]) -> None:
        self.app = app
        # What none of them takes is asked of all: who answers that there is nothing, and how, stays in one place.
        self.ways: dict[Sign, APIRouter] = {
            sign: APIRouter(routes=there, default=app, redirect_slashes=False)
            for sign, there in _signed(routes).items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the routes that may be meant."""
        way = self.ways.get(_sign(scope["path"])) if scope["type"] == "http" else None
        await (self.app if way is None else way.app)(scope, receive, send)


def _signed(routes: list[BaseRoute]) -> dict[Sign, list[BaseRoute]]:
    """Return the routes, or routers, of each resource in their order."""
    ways: dict[Sign, dict[int, BaseRoute]] = {}
    for route in routes:
        for context in iter_route_contexts([route]):
            if context.path is not None:
                ways.setdefault(_sign(context.path), {})[id(route)] = route
    return {sign: list(there.values()) for sign, there in ways.items()}


def _sign(path: str) -> Sign:
    """Return the names in a path: that of the resource counts where it is one of a workspace."""
    parts = path.split("/", _RESOURCE + 1)
    kind = parts[_KIND] if len(parts) > _KIND else ""
    return kind, parts[_RESOURCE] if kind == "workspaces" and len(parts) > _RESOURCE else ""
