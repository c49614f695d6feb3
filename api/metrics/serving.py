"""Where Prometheus reads: `/metrics`, beside the API, or on a port of its own of a process that has no web page."""

from __future__ import annotations

import hmac
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response, status
from fastapi.responses import JSONResponse

from api import credentials, problems
from api.errors import UnauthenticatedError
from api.metrics.meter import Meter
from api.server import listen, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from api.settings import Settings
    from engine.run.core import Core

    Reasons = Callable[[], Awaitable[Sequence[str]]]


def install(app: FastAPI, meter: Meter, token: str) -> None:
    """Give an application the page of metrics; without a token it is for this machine alone."""

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Tell the numbers."""
        _let_in(request, token)
        page, kind = await meter.page(request.headers.get("accept", ""))
        return Response(page, headers={"content-type": kind, "cache-control": "no-store"})


def worker_app(reasons: Reasons, meter: Meter, token: str) -> FastAPI:
    """Return the small application of a process without a web page: is it alive, is it ready, its metrics.

    `reasons` gives a sentence for each reason why the process cannot do its work.
    """
    app = FastAPI(title="Chappe at work", openapi_url=None, docs_url=None, redoc_url=None)
    problems.install(app)
    install(app, meter, token)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Tell that it is alive."""
        return {"status": "alive"}

    @app.get("/ready")
    async def ready(request: Request) -> JSONResponse:
        """Tell whether it can work; why not, to this machine alone."""
        why = list(await reasons())
        told: dict[str, Any] = {"status": "not ready" if why else "ready"}
        if credentials.is_local(request):
            told["reasons"] = why
        return JSONResponse(told, status.HTTP_503_SERVICE_UNAVAILABLE if why else status.HTTP_200_OK)

    return app


@asynccontextmanager
async def worker_page(settings: Settings, reasons: Reasons, core: Core) -> AsyncIterator[None]:
    """Serve health, readiness and metrics at `CHAPPE_METRICS_PORT` meanwhile; without that setting nothing.

    Raises AddressError where the port is taken.
    """
    if settings.metrics_port is None:
        yield
        return
    app = worker_app(reasons, Meter(core), settings.metrics_token)
    with closing(listen(settings.host, settings.metrics_port, "CHAPPE_METRICS_PORT")) as listener:
        async with serving(app, settings, listener):
            yield


def _let_in(request: Request, token: str) -> None:
    """Raise UnauthenticatedError for who may not read."""
    if not token:
        if credentials.is_local(request):
            return
        message = "Metrics are for this machine alone until CHAPPE_METRICS_TOKEN is set."
        raise UnauthenticatedError(message)
    shown = credentials.bearer(request).encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(shown, token.encode("utf-8", "surrogateescape")):
        raise UnauthenticatedError("Send the token of CHAPPE_METRICS_TOKEN as `Authorization: Bearer …`.")
