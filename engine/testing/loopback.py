"""A server on loopback that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from aiohttp import web

from engine.http_client import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived: `path` with its query."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


REFUSALS: Final[Mapping[int, Answer]] = {
    401: Answer(401),
    422: Answer(422),
    429: Answer(429, {"Retry-After": "120"}),
    503: Answer(503),
}
"""How a server says no, where nothing finer is known: the wait is 120 s."""


Respond: TypeAlias = "Callable[[Received], Answer | None]"
"""What a server does with a request: an answer, or None for silence."""


def always(answer: Answer | None) -> Respond:
    """Return a `respond` that gives one answer to everything."""
    return lambda _: answer


class Loopback:
    """`async with Loopback(respond) as server`: listens at `server.url`, without a slash at its end.

    `respond` gives the answer to each request, or None for silence; it may be set anew at any time. `received` holds
    every whole request in order, `busy` says how many are being answered or kept in silence.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.received: list[Received] = []
        self.busy = 0
        self.url = ""
        self._runner = web.ServerRunner(
            web.Server(self._handle, handler_cancellation=True, access_log=None), shutdown_timeout=0
        )
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until something is true of the server; TimeoutError when it is not within 10 s."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received = Received(request.method, request.path_qs, Headers(request.headers), await request.read())
        self.received.append(received)
        await self._count(1)
        try:
            answer = self.respond(received)
            if answer is None:
                await asyncio.Event().wait()
                raise AssertionError("An event that nobody sets was set.")
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        finally:
            await self._count(-1)

    async def _count(self, more: int) -> None:
        self.busy += more
        async with self._changed:
            self._changed.notify_all()
