"""`chappe up`: scheduler, workers and the web page in one process, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
import uvicorn

from api.app import make_app
from api.cli.session import errors, run
from api.logs import configure_logs
from api.serving import RuntimeServing
from api.settings import Settings, load_settings, unknown_variables
from api.wiring import make_runtime
from engine.clock import SystemClock
from engine.errors import ChappeError
from engine.store import migrate
from engine.store.lock import only_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.runtime import Runtime

app = typer.Typer(add_completion=False)

CLOSE_WITHIN = 2
"""Seconds that open web connections get at the end; sends get their own time before."""


class AddressError(ChappeError):
    """The address is taken or cannot be listened at."""


@app.command()
def up() -> None:
    """Run everything: scheduler, workers and the web page.

    End it with Ctrl-C: what is being sent finishes, or is parked as doubtful, within 20 seconds.

    Example: chappe up
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, sys.stderr)
    for sentence in unknown_variables(os.environ):
        errors.print(f"Note: {sentence}", style="yellow")
    run(serve(settings))


async def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    listener = listen(settings.host, settings.port)
    try:
        await migrate.check(settings.database_url)
        with only_process(settings.database_url, SystemClock().now()):
            runtime = make_runtime(
                settings.database_url,
                key_file=settings.key_file,
                allow_private=settings.allow_private,
                run=settings.run,
            )
            await _run(settings, runtime, listener)
    finally:
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else starts; raises AddressError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"Nothing can listen at {host}:{port}: {error.strerror}. "
            "End what uses it, or choose another port with CHAPPE_PORT."
        )
        raise AddressError(message) from error
    return listener


async def _run(settings: Settings, runtime: Runtime, listener: socket.socket) -> None:
    core = runtime.core
    serving = RuntimeServing(settings.database_url, core.store, core.vault, runtime.schedule, core.clock)
    config = uvicorn.Config(
        make_app(serving), log_config=None, access_log=False, timeout_graceful_shutdown=CLOSE_WITHIN
    )
    server = _Server(config)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    web = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await runtime.start()
        host, port = listener.getsockname()[:2]
        errors.print(f"Chappe is ready: http://{host}:{port}/  (Ctrl-C ends it)", soft_wrap=True)
        await ending.wait()
        errors.print("Ending: what is being sent finishes first.")
    finally:
        await runtime.stop()
        server.should_exit = True
        await web
    errors.print("Ended.")


class _Server(uvicorn.Server):
    """A web server that leaves the signals to us: sends finish before it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield
