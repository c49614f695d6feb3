"""`chappe up`: scheduler, workers and the web page in one process, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack, closing
from typing import TYPE_CHECKING

import typer

from api import listening, operations
from api.actions.first_user import invitation
from api.app import make_app
from api.cli.ending import first, when_told
from api.cli.session import errors, run
from api.hooks import RuntimeHooks
from api.logs import configure_logs
from api.metrics.meter import Meter
from api.server import AddressError, QuietServer, configured, listen
from api.serving import RuntimeServing
from api.settings import Settings, load_settings, unknown_variables
from api.wiring import make_face, runtime_of
from engine.clock import SystemClock
from engine.run.agree import keep_time
from engine.runtime import spare_collector
from engine.store import migrate
from engine.store.lock import only_process

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import uvicorn

    from api.deps import Face
    from engine.runtime import Front, Runtime

app = typer.Typer(add_completion=False)


@app.command()
def up() -> None:
    """Run everything: scheduler, workers and the web page.

    End it with Ctrl-C: what is being sent finishes, or is parked as doubtful, within 20 seconds.

    Example: chappe up
    """
    run(serve(begun(), runtime_of))


def begun() -> Settings:
    """Return the settings of a process that is to run long; its log is set up, and what does nothing is noted."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, sys.stderr)
    for sentence in unknown_variables(os.environ):
        errors.print(f"Note: {sentence}", style="yellow")
    return settings


async def serve(settings: Settings, made: Callable[[Settings], Runtime | Front]) -> None:
    """Run what the settings are made to, until SIGINT or SIGTERM."""
    await migrate.check(settings.database_url)
    with (
        only_process(settings.database_url, SystemClock().now()),  # before the address, which its holder has, too
        closing(listen(settings.host, settings.port)) as listener,
    ):
        runtime = made(settings)
        spare_collector()
        await run_until_told(runtime, listener, make_face(settings, runtime.core))


async def run_until_told(runtime: Runtime | Front, listener: socket.socket, face: Face | None = None) -> None:
    """Run a runtime, its web page and the API until SIGINT or SIGTERM; raises what ended them otherwise."""
    core = runtime.core
    serving = RuntimeServing(
        core.store, core.vault, runtime.schedule, core.clock, lambda: runtime.working, core.registry
    )
    application = make_app(serving, RuntimeHooks(core), face, Meter(core))
    server = QuietServer(configured(application, face.settings if face else None))
    web = asyncio.create_task(server.serve(sockets=[listener]))
    with when_told() as told:
        async with AsyncExitStack() as ends:  # the last one is called first
            ends.push_async_callback(_close, server, web)
            ends.push_async_callback(runtime.stop)
            if face is not None:
                ends.push_async_callback(_say_goodbye, face)
            if face is not None and face.settings.dispatch == "distributed":
                await keep_time(core)
            await runtime.start()
            host, port = listener.getsockname()[:2]
            errors.print(f"Chappe is ready: http://{host}:{port}/  (Ctrl-C ends it)", soft_wrap=True)
            await _invite(runtime)
            await first(told.wait(), runtime.broken(), _lost(web))
            errors.print("Ending: what is being sent finishes first. Ctrl-C again ends at once.")
    errors.print("Ended.")


async def _invite(runtime: Runtime | Front) -> None:
    """Say how the first user is made, while there is none."""
    token = await invitation(runtime.core.store)
    if token is None:
        return
    errors.print("Nobody can sign in yet: `chappe users add NAME --email ADDRESS --owner`,", soft_wrap=True)
    errors.print(f"or POST /api/v1/setup with this token: {token}", soft_wrap=True)


async def _say_goodbye(face: Face) -> None:
    """End the streams and the long work of the API, while the database is still open."""
    listening.close(face)
    await operations.stop(face)


async def _close(server: uvicorn.Server, web: asyncio.Task[None]) -> None:
    server.should_exit = True
    await web


async def _lost(web: asyncio.Task[None]) -> None:
    await asyncio.wait([web])
    raise AddressError("The web page ended by itself: start Chappe again; nothing is lost.")
