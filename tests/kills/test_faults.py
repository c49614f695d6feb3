"""Every fault of a receiver against every class of doubt, over real connections.

Whatever becomes of the answer, the post is not lost, and it is there once where that is promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.webhook.sink import Config, Webhook
from engine.http_client import HttpClient
from engine.run.core import RunSettings
from engine.run.sweep import sweep
from engine.store.unit import open_store
from tests.engine.run.world import World
from tests.peers.faulty_server import FAULTS, FaultyServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from tests.peers.faulty_server import Conversation, Script

SHORT = RunSettings(send_timeout=timedelta(seconds=0.3))
"""Silence lasts so long, in real seconds; all other times are the fake clock's."""
SETTINGS: dict[str, dict[str, Any]] = {
    "dedupe": {"receiver": "deduplicates"},
    "readback, and it is there": {"read_back": "{url}messages/{{id}}"},
    "readback, and it is not": {"read_back": "{url}messages/{{id}}"},
    "plain": {},
}


@dataclass
class Receiver:
    """Plays the fault for the first publishing request, and answers well from then on.

    `lost` says that what came with the fault was not published: the read-back does not show it.
    """

    fault: Script
    lost: bool
    published: list[str] = field(default_factory=list)
    faulty: int = 0

    async def __call__(self, peer: Conversation) -> None:
        if not self.faulty:
            self.faulty += 1
            await self._fail(peer)
            return
        while True:
            request = await peer.read()
            if request.method == "GET":
                known = request.path.rpartition("/")[2] in self.published
                await peer.answer(200 if known else 404)
            else:
                self.published.append(request.headers["webhook-id"])
                await peer.answer(200)

    async def _fail(self, peer: Conversation) -> None:
        before = len(peer.server.requests)
        try:
            await self.fault(peer)
        finally:
            came = peer.server.requests[before:]
            self.published += [] if self.lost else [request.headers["webhook-id"] for request in came]


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    """Give an open store: what a receiver does is the same to both databases."""
    opened = open_store(sqlite_url)
    yield opened
    await opened.close()


async def settled(world: World, clock: FakeClock, account: str, delivery: str) -> dict[str, Any]:
    """Let time pass until the delivery has settled."""
    for _ in range(8):
        await sweep(world.core)
        await world.drain(account)
        clock.advance(61)
    return await world.state(delivery)


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_loses_nothing_and_doubles_nothing(store: Store, clock: FakeClock, name: str, kind: str) -> None:
    receiver = Receiver(FAULTS[name], lost=kind == "readback, and it is not")
    async with FaultyServer(receiver) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        settings = {key: value.format(url=server.url) for key, value in SETTINGS[kind].items()}
        sink = Webhook(Config.model_validate({"url": server.url, **settings}))
        world = await World(store, clock, sink=sink, settings=SHORT).begin()  # type: ignore[arg-type]
        world.core.http = client
        account = await world.account("hook")
        delivery = await world.delivery(account)

        row = await settled(world, clock, account, delivery)
        posts = [request for request in server.requests if request.method == "POST"]

    if kind == "plain":
        assert row["state"] in {"sent", "check_needed"}
        assert row["state"] == "sent" or row["detail"].endswith("confirm.")
        assert len(posts) <= 1, "it was sent again, and nobody could know that it may be"
    else:
        assert row["state"] == "sent", row["detail"]
        assert set(receiver.published) == {delivery}, "it is lost"
        assert len({request.body for request in posts}) == 1, "it was sent again in another form"
    if kind.startswith("readback"):
        assert len(receiver.published) == 1, "it is there twice"
