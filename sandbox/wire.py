"""Ways to misbehave that no web framework offers: they need the connection itself."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from fastapi import Request
    from starlette.types import Receive, Scope, Send

TRANSPORT: Final = "sandbox.transport"
GARBAGE: Final = b"\x16\x03\x01 this is no HTTP \xff\xfe\r\n\r\n"
HALF: Final = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 64\r\n\r\n{"published": '

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Wire(H11Protocol):
    """uvicorn's connection, which tells the application its transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        """Begin a connection."""
        super().connection_made(transport)
        # asyncio does this only for sockets that name their protocol; without it every answer waits for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app: Any = self.app

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, TRANSPORT: transport}, receive, send)

        self.app = told


def break_off(request: Request, *, after: bytes = b"") -> None:
    """End the connection of a request: with a reset, or after raw bytes with a plain close."""
    transport: asyncio.Transport = request.scope[TRANSPORT]
    if after:
        transport.write(after)
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    transport.abort()
