"""What a path takes: HEAD wherever it takes GET, and for what it does not take, the names of all that it does."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CALLED: Final = ("/hooks/", "/s/", "/m/", "/api/v1/connect/")
"""Where a GET does something, or counts: what only looks whether a page is there must not."""


class Heads:
    """Answers HEAD as GET, without the body; what streams is left as soon as its headers are there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(_CALLED):
            await self.app(scope, receive, send)
            return
        begun, asked = asyncio.Event(), False

        async def receiving() -> Message:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await begun.wait()
            return {"type": "http.disconnect"}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                begun.set()

        await self.app({**scope, "method": "GET"}, receiving, sending)


def taken(routes: Sequence[BaseRoute], path: str) -> str:
    """Return the methods that a path takes, as `Allow` names them."""
    found: set[str] = set()
    for route in iter_route_contexts(routes):
        if route.path is not None and _pattern(route.path).match(path):
            found |= set(route.methods or ())
    if "GET" in found and not path.startswith(_CALLED):
        found.add("HEAD")
    return ", ".join(sorted(found))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return the pattern of a route's path; there are as many as routes."""
    return compile_path(path)[0]
