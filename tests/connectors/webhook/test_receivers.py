"""The webhook sink and the three kinds of receivers, over real connections."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.webhook.sink import Config, Webhook
from engine.contract.account import Account
from engine.contract.context import Attempt, SendContext
from engine.errors import RejectedError
from engine.http_client import HttpClient
from engine.model.post import Content
from engine.run.network import BoundHttp
from tests.peers.receiver import Connection, Mode, Receiver, read_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CONTENT = Content(text="Karim joins us.")
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Channel:
    """A sink, a receiver of some mode, and the engine's client between them."""

    def __init__(self, journal: Path, client: HttpClient, mode: Mode) -> None:
        self.receiver = Receiver(mode, journal, delay_ms=0)
        self.journal = journal
        self.client = client

    async def open(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self.receiver), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def sink(self, **settings: Any) -> Webhook:
        return Webhook(Config.model_validate({"url": f"{self.url}/in", **settings}))

    def ctx(self, sink: Webhook, number: int) -> SendContext:
        attempt = Attempt(f"t{number}", number, "d1", NOW)
        account = Account("a1", "hook", "webhook")
        return SendContext(BoundHttp(self.client, sink), account, attempt, NOW + timedelta(minutes=number))

    async def send(self, sink: Webhook, number: int = 1) -> None:
        ctx = self.ctx(sink, number)
        await sink.commit(sink.wire(CONTENT, ctx.account, ctx.attempt, {}), ctx)


@pytest.fixture
async def channel(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Channel]:
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        made = Channel(tmp_path / "journal", client, request.param)
        server = await made.open()
        yield made
        server.close()
        made.receiver.close()


@pytest.mark.parametrize("channel", ["dedupe"], indirect=True)
async def test_a_receiver_that_deduplicates_knows_every_try_again(channel: Channel) -> None:
    sink = channel.sink(receiver="deduplicates")
    for number in (1, 2, 3):
        await channel.send(sink, number)
    entries = read_journal(channel.journal)

    assert [entry.published for entry in entries] == [True, False, False]
    assert len({entry.sha256 for entry in entries}) == 1
    assert {entry.key for entry in entries} == {"d1"}


@pytest.mark.parametrize("channel", ["readback"], indirect=True)
async def test_what_a_receiver_published_is_found_by_reading_back_and_what_not_is_not(channel: Channel) -> None:
    sink = channel.sink(read_back=f"{channel.url}/messages/{{id}}")
    ctx = channel.ctx(sink, 1)

    assert await sink.find(CONTENT, ctx) is None
    await channel.send(sink)
    found = await sink.find(CONTENT, ctx)
    assert found is not None
    assert found.remote_id == "d1"


@pytest.mark.parametrize("channel", ["plain"], indirect=True)
async def test_a_redirect_is_not_followed_by_a_publish(channel: Channel) -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")
        writer.write(f"HTTP/1.1 307 Elsewhere\r\nLocation: {channel.url}/in\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    sink = channel.sink(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in")

    with pytest.raises(RejectedError) as refused:
        await channel.send(sink)
    server.close()
    assert refused.value.code == "redirect"
    assert read_journal(channel.journal) == []
