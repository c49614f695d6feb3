"""A sandbox at a real socket, since what it must do well is to misbehave on the wire."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from engine.testing.fakes import FakeClock
from sandbox.__main__ import server_of
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Clock(FakeClock):
    """A clock that tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has passed that many seconds."""
        self.asleep.set()
        await super().sleep(seconds)


@dataclass
class Sandbox:
    """A running sandbox: its world, a client for it, and bare connections to it."""

    world: World
    clock: Clock
    client: httpx.AsyncClient
    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def post(self, receiver: str, key: str, text: str = "Bonjour") -> httpx.Response:
        """Send an unsigned message to a receiver."""
        body = {"type": "post.published", "data": {"text": text}}
        return await self.client.post(f"/receivers/{receiver}", json=body, headers={"webhook-id": key})

    async def account(self, receiver: str) -> dict[str, Any]:
        """Return what a receiver shows."""
        shown: dict[str, Any] = (await self.client.get(f"/receivers/{receiver}")).json()
        return shown


@pytest.fixture
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """Give a sandbox whose clock is the test's: all of it, or what the file names in PARTS."""
    clock = Clock()
    world = World(clock=clock)
    server = server_of(world, *getattr(request.module, "PARTS", ()))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        await server.startup(sockets=[listening])
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client:  # noqa: S501  # no TLS here
            yield Sandbox(world, clock, client, port)
        await server.shutdown(sockets=[listening])
