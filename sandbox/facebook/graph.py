"""The Graph API's addresses: versions, and answers with Meta's headers or its errors."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from fastapi.responses import JSONResponse, Response

from sandbox.facebook import publishing
from sandbox.facebook.call import Call
from sandbox.facebook.callers import caller_of
from sandbox.facebook.edges import route
from sandbox.facebook.errors import GraphError, envelope
from sandbox.forms import bearer_of, form_of
from sandbox.misbehaviour import played

if TYPE_CHECKING:
    from fastapi import Request

    from sandbox.facebook.call import Graph

VERSIONS: Final = {
    "v21.0": datetime(2027, 1, 21, tzinfo=UTC), "v22.0": datetime(2027, 5, 20, tzinfo=UTC),
    "v23.0": datetime(2027, 10, 8, tzinfo=UTC), "v24.0": datetime(2028, 2, 18, tzinfo=UTC),
    "v25.0": datetime(2028, 7, 29, tzinfo=UTC), "v26.0": datetime(2099, 1, 1, tzinfo=UTC),
}  # fmt: skip
"""Until when each version may be called (changelog, read 22 November 2026; v26.0 has no end yet)."""

_VERSION: Final = re.compile(r"v(\d+)\.\d+")


async def answer(graph: Graph, request: Request, path: str) -> Response:
    """Answer one request of the Graph API."""
    version, segments = _versioned(path)
    form = await form_of(request)
    token = bearer_of(request) or form.values.get("access_token", "")
    call = Call(graph, segments, form, token, str(request.url.replace(query="")))
    operation, account, handler = route(call, request.method)

    async def do() -> Response:
        try:
            _check_version(version, graph.network.clock.now())
            publishing.release(graph.network)
            return JSONResponse(await handler(call))
        except GraphError as error:
            return envelope(error.name, error.message)

    response = await played(graph.network, request, operation, account, do)
    response.headers.update(_headers(call, version))
    return response


def _versioned(path: str) -> tuple[str, tuple[str, ...]]:
    """Return the version, the oldest one that lives where none is asked for, and the segments behind it."""
    segments = tuple(part for part in path.split("/") if part)
    if segments and _VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return next(iter(VERSIONS)), segments


def _check_version(version: str, now: datetime) -> None:
    if version in VERSIONS and now < VERSIONS[version]:
        return
    newest = next(reversed(VERSIONS))
    if float(version[1:]) > float(newest[1:]):
        raise GraphError("2500", f"Unknown path components: /{version}")
    raise GraphError("2635")


def _headers(call: Call, version: str) -> dict[str, str]:
    headers = {"facebook-api-version": version, "x-fb-trace-id": secrets.token_urlsafe(8), "cache-control": "no-store"}
    try:
        caller = caller_of(call.network, call.token)
    except GraphError:
        return headers
    return headers | call.graph.usage.headers(caller)
