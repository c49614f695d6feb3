"""How the web server stands up to clients that mean no good, or are only slow.

uvicorn answers 400 to a head of which more than `h11_max_incomplete_event_size` bytes have come without an end (read in
its code, 2026-11-23); for one that comes too slowly it has no limit of time, so the connection has one here. A head
that comes at once, and bodies, are looked after by `api.guards`.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.guards import HEAD_MOST
from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

    from api.settings import Settings

HEAD_WITHIN: Final = 10.0
CONNECTIONS: Final = 1_000
BACKLOG: Final = 128
CLOSE_WITHIN: Final = 2
"""Seconds that open web connections get at the end; sends get their own time before."""


class PatientProtocol(H11Protocol):
    """A connection on which the head of each request must be complete within a time."""

    head_within = HEAD_WITHIN
    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        # asyncio does so for sockets that it has made, and the listening one was made by us: without it the second part
        # of an answer waits for the client's word on the first, 40 ms as a rule.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self._head = self.loop.call_later(self.head_within, self._end)

    def data_received(self, data: bytes) -> None:
        """Stop the wait with the end of a head, and begin it with the beginning of the next."""
        super().data_received(data)
        if self.conn.their_state.__name__ != "IDLE":  # h11's word for: the head is not complete
            self._stop()
        elif self._head is None:
            self._head = self.loop.call_later(self.head_within, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the wait with the connection."""
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _end(self) -> None:
        self._head = None
        if not self.transport.is_closing():
            self.transport.close()


def configured(
    app: ASGIApp, settings: Settings | None = None, protocol: type[H11Protocol] = PatientProtocol
) -> uvicorn.Config:
    """Return how the application is served; nobody's `X-Forwarded-*` are believed but those of the named proxies."""
    proxies = list(settings.trusted_proxies) if settings else []
    options: dict[str, Any] = {"proxy_headers": bool(proxies), "forwarded_allow_ips": proxies}
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEAD_MOST,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=CLOSE_WITHIN,
        **options,
    )


class AddressError(ChappeError):
    """The address is taken or cannot be listened at."""


def listen(host: str, port: int, setting: str = "CHAPPE_PORT") -> socket.socket:
    """Take the address before the runtime starts; raises AddressError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # A socket that names its protocol answers at once: asyncio lets no other one do without waiting for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"Nothing can listen at {host}:{port}: {error.strerror}. "
            f"End what uses it, or choose another port with {setting}."
        )
        raise AddressError(message) from error
    return listener


class QuietServer(uvicorn.Server):
    """A web server that leaves the signals to us: sends finish before it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, settings: Settings, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application at an address meanwhile; who comes before it is ready waits."""
    listener.listen(BACKLOG)
    server = QuietServer(configured(app, settings))
    web = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    try:
        yield
    finally:
        server.should_exit = True
        await web
