"""The API tried out in a browser: `/api/docs`, with everything that it needs from this instance itself.

The script and the style are those of Swagger UI, as the package fastapi-offline brings them. The page runs under a
policy that lets it load from, and talk to, this instance alone. Whoever is signed in here calls with the session: the
page reads its CSRF token and sends it with every change. An API key is taken by *Authorize*.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from engine.errors import NotFoundError

PATH: Final = "/api/docs"

router: Final = APIRouter(prefix=PATH, include_in_schema=False)

_PACKAGE: Final = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_OURS: Final = {"docs.css": "text/css", "docs.js": "text/javascript"}
_KEPT: Final = {"cache-control": "public, max-age=3600"}
_HEADERS: Final = {
    "content-security-policy": (
        # Swagger UI writes styles into its elements, and holds its pictures in the address.
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}


@router.get("")
async def try_out() -> HTMLResponse:
    """Give the page."""
    return HTMLResponse(_read("api", "pages", "docs.html"), headers=_HEADERS)


@router.get("/{name}")
async def part(name: str) -> Response:
    """Give a script or a style of the page."""
    if name in _OURS:
        return Response(_read("api", "pages", name), media_type=_OURS[name], headers=_KEPT)
    if name in _PACKAGE:
        return Response(_read("fastapi_offline", "static", name), media_type=_PACKAGE[name], headers=_KEPT)
    raise NotFoundError(f"The page of the API has no part called “{name[:80]}”.")


@cache
def _read(package: str, *path: str) -> bytes:
    return files(package).joinpath(*path).read_bytes()
