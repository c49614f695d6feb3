"""The web face of a process: is it alive, is it ready, and a page that says what it is."""

from __future__ import annotations

import html
from dataclasses import asdict
from importlib.metadata import version
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastapi import FastAPI, Request, status
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from api import api_docs, credentials, idempotency, mail_links, openapi, problems, short_links, signpost
from api.guards import Bodies, Doorman
from api.hooks import hook_routes
from api.idempotency import Remembering
from api.limits import Limits
from api.methods import Heads
from api.metrics import serving as metrics
from api.routes import ALL as ROUTERS
from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.deps import Face
    from api.hooks import Hooks
    from api.metrics.meter import Meter
    from engine.store.overview import Overview

VERSION: Final = version("chappe")
PREFIX: Final = "/api/v1"

_ASKED: Final = ("authorization", "idempotency-key", "if-match", "if-none-match", "last-event-id", "x-request-id")
_TOLD: Final = (
    "deprecation", "etag", "idempotent-replayed", "link", "location", "ratelimit", "ratelimit-policy", "retry-after",
    "sunset", "x-request-id",
)  # fmt: skip
"""What pages of the origins that are let in may send, and what they may read of an answer besides its body."""

_PAGE: Final = Template(files("api").joinpath("pages", "start.html").read_text(encoding="utf-8"))
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Serving(Protocol):
    """What the face asks of the process behind it."""

    async def reasons(self) -> Sequence[str]:
        """Return a sentence for each reason why the process cannot do its work; none when it is ready."""

    async def overview(self) -> Overview:
        """Return the numbers of the start page; raises ChappeError where the database cannot tell."""

    async def waiting(self) -> int:
        """Return how many things wait for a person, just those that `chappe status` names."""


def make_app(
    serving: Serving, hooks: Hooks | None = None, face: Face | None = None, meter: Meter | None = None
) -> FastAPI:
    """Return the application over a process that somebody else starts and stops.

    `hooks` take platforms' calls, `face` is what the API's routes work on, `meter` tells Prometheus.
    """
    app = FastAPI(
        title="Chappe",
        version=VERSION,
        summary="Relays a company's posts through the accounts of the people who volunteer to carry them.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's page loads its script from another host
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    openapi.install(app)

    _say_how_it_is(app, serving, face)
    if meter is not None:
        metrics.install(app, meter, face.settings.metrics_token if face else "")
    problems.install(app)
    idempotency.install(app)
    guarded(app, face)
    if hooks is not None:
        app.include_router(hook_routes(hooks))
    if face is not None:
        app.state.face = face
        app.include_router(short_links.router)
        app.include_router(mail_links.router)
        app.include_router(api_docs.router)
        for router in ROUTERS:
            app.include_router(router, prefix=PREFIX, responses=problems.RESPONSES)
    signpost.install(app)
    return app


def _say_how_it_is(app: FastAPI, serving: Serving, face: Face | None) -> None:
    """Give the application what tells of the process itself."""

    @app.get("/health", summary="Is the process alive?", tags=["instance"])
    async def health() -> dict[str, str]:
        return {"status": "alive", "version": VERSION}

    @app.get(
        "/ready",
        summary="Can it do its work?",
        tags=["instance"],
        responses={503: {"description": "Not ready; on this machine and to who is signed in, with the reasons."}},
    )
    async def ready(request: Request) -> JSONResponse:
        reasons = list(await serving.reasons())
        code = status.HTTP_503_SERVICE_UNAVAILABLE if reasons else status.HTTP_200_OK
        told: dict[str, Any] = {"status": "not ready" if reasons else "ready"}
        if await _may_know(request, face):
            told["reasons"] = reasons
        return JSONResponse(told, code)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def start(request: Request) -> HTMLResponse:
        reasons = await serving.reasons()
        if not await _is_ours(request, face):
            return HTMLResponse(start_page(["Sign in to see why."] if reasons else [], {}), headers=_HEADERS)
        numbers = {} if reasons else asdict(await serving.overview()) | {"waiting": await serving.waiting()}
        return HTMLResponse(start_page(reasons, numbers), headers=_HEADERS)


async def _may_know(request: Request, face: Face | None) -> bool:
    """Tell whether somebody asks from this machine itself, or is signed in: strangers learn nothing of its inside."""
    if face is None or credentials.is_local(request):
        return True
    try:
        return bool(await face.identify.signed(request))
    except ChappeError:
        return False


async def _is_ours(request: Request, face: Face | None) -> bool:
    """Tell whether an administrator asks; a process without users shows its page to whoever reaches it."""
    if face is None:
        return True
    try:
        return (await face.identify.signed(request)).user.admin
    except ChappeError:
        return False


def guarded(app: FastAPI, face: Face | None) -> None:
    """Put the guards around the application; the last that is added is passed first."""
    app.add_middleware(Remembering)
    app.add_middleware(Bodies)
    if face is not None and face.settings.rate_limit:
        app.add_middleware(Limits, clock=face.clock, quota=face.settings.rate_limit, prefix=PREFIX)
    if face is not None and face.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=face.settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=_ASKED,
            expose_headers=_TOLD,
        )
    app.add_middleware(Heads)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(Doorman)


def start_page(reasons: Sequence[str], numbers: Mapping[str, int]) -> str:
    """Return the page: the numbers, or why there are none."""
    tiles = "".join(
        f'<li class="{name}"><b>{_grouped(numbers[name])}</b><span>{label}</span></li>'
        for name, label in _LABELS.items()
        if name in numbers
    )
    return _PAGE.substitute(
        version=html.escape(VERSION),
        state="not ready" if reasons else "running",
        tone="bad" if reasons else "good",
        reasons="".join(f"<li>{html.escape(reason)}</li>" for reason in reasons),
        tiles=tiles,
    )


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


_LABELS: Final = {
    "sources": "sources that are read",
    "due": "deliveries due now",
    "waiting": "wait for a person",
    "doubtful": "doubtful: no answer came",
    "sent": "sent",
}
