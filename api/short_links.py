"""Where short links lead: `/s/CODE` sends a reader on, and counts that somebody followed it, never who.

Nothing is kept of a reader: no address, no cookie, no time but the day. Looks by programs do not count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request, status
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from api.deps import TheFace  # FastAPI reads it
from engine.content.shortening import PATH
from engine.errors import ChappeError
from engine.store import short_links

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger()

router: Final = APIRouter(include_in_schema=False)

_PROGRAMS: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|facebookcatalog|meta-external|embed|scan|monitor"
    r"|fetch|curl|wget|python|httpx|aiohttp|go-http|java/|okhttp|headless|lighthouse|whatsapp|chappe",
    re.IGNORECASE,
)
_HEADERS: Final = {"cache-control": "no-store", "x-robots-tag": "noindex"}
_LONGEST_AGENT: Final = 1_000


@router.api_route(PATH + "{code}", methods=["GET", "HEAD"])
async def follow(face: TheFace, request: Request, code: Annotated[str, Path(max_length=16)]) -> Response:
    """Send a reader to where the code leads."""
    found = await face.store.read(short_links.target, code)
    if found is None:
        return PlainTextResponse("There is no such link.\n", status.HTTP_404_NOT_FOUND)
    if is_reader(request.method, request.headers):
        try:
            await face.store.write(short_links.count, found, face.clock.now().date())
        except ChappeError:
            log.warning("A click could not be counted.", exc_info=True)
    return RedirectResponse(found.url, status.HTTP_302_FOUND, _HEADERS)


def is_reader(method: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a person seems to follow a link: programs that look at it first say so, most of them. Pure."""
    agent = headers.get("user-agent", "")[:_LONGEST_AGENT]
    ahead = headers.get("sec-purpose", "") or headers.get("purpose", "") or headers.get("x-moz", "")
    return method == "GET" and bool(agent) and not ahead and _PROGRAMS.search(agent) is None
