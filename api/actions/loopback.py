"""Wait on this machine for the browser to come back from a platform, at one path, for one answer."""

from __future__ import annotations

import asyncio
import html
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from api.actions.connecting import StrangeAnswerError
from engine.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.requests import Request

_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Chappe</title>"
    "<style>body{{font:1.1rem/1.6 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem}}</style>"
    "<h1>{title}</h1><p>{text}</p>"
)

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


class Loopback:
    """Takes the first request that is an answer; a strange one gets its sentence, and the wait goes on."""

    def __init__(self, path: str, port: int, read: Callable[[str], str]) -> None:
        self.port = port
        self._read = read
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.app = Starlette(routes=[Route(path, self._come)])

    async def answer(self) -> str:
        """Wait for the code."""
        return await self._answer

    async def _come(self, request: Request) -> HTMLResponse:
        try:
            code = self._read(str(request.url))
        except StrangeAnswerError as error:
            return _page("Not connected", str(error), 400)
        except ConflictError as error:
            if not self._answer.done():
                self._answer.set_exception(error)
            return _page("Not connected", str(error), 200)
        if not self._answer.done():
            self._answer.set_result(code)
        return _page("Thank you", "Chappe has the answer. Go back to where you began; this window can be closed.", 200)


@asynccontextmanager
async def listening(path: str, port: int, read: Callable[[str], str]) -> AsyncIterator[Loopback]:
    """Listen on this machine while the block runs; raises ConflictError where the port is taken."""
    taken = _socket(port)
    loopback = Loopback(path, taken.getsockname()[1], read)
    server = _Server(uvicorn.Config(loopback.app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        yield loopback
    finally:
        server.should_exit = True
        await serving
        taken.close()


def _socket(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
        taken.listen()
    except OSError as error:
        taken.close()
        message = f"Nothing can listen at port {port} of this machine ({error.strerror})."
        raise ConflictError(f"{message} Choose a registered one with --port, or use --paste.") from error
    return taken


def _page(title: str, text: str, status: int) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=html.escape(title), text=html.escape(text)), status, headers=_HEADERS)


class _Server(uvicorn.Server):
    """A web server that leaves the signals to the command: Ctrl-C ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield
