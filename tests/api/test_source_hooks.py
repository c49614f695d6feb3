"""What wakes a source from outside: the hub that its feed names, and whoever knows its secret."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from standardwebhooks import Webhook

from api.actions import sourcing
from api.app import make_app
from api.hooks import RuntimeHooks
from engine.contract.source import NOBODY
from engine.contract.source import Hub as Named
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.run.core import RunSettings
from engine.run.hub import subscribe
from engine.store import hubs, sources, workspaces
from engine.store.hubs import ASKING, LEAVING, LIVE
from engine.store.unit import open_store
from engine.store.workspaces import Workspace
from engine.testing.loopback import Loopback, always
from engine.vault import KeyFile, Vault, new_key
from engine.wake import Kind
from tests.api.test_app import FakeServing
from tests.engine.run.polling import World, batch
from tests.peers.hub import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.store.hubs import Subscription
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

HERE = "http://chappe"
TOPIC = "https://acme.example/feed"


@dataclass
class House:
    """A source with a hub on loopback, and the addresses where both are called."""

    world: World
    hub: Hub
    url: str
    client: httpx.AsyncClient
    source_id: str = ""

    async def poll(self, named: Named | None) -> None:
        """Read the source, whose feed names a hub, and let the hub be asked where that is due."""
        await self.world.poll(self.source_id, batch("a", hub=named))
        await self.tick()

    async def tick(self) -> None:
        store, now = self.world.store, self.world.clock.now()
        for key in await store.read(hubs.due, now, 10):
            await subscribe(self.world.core, key)

    async def row(self) -> Subscription | None:
        return await self.world.store.read(hubs.of_source, self.source_id)

    @property
    def named(self) -> Named:
        return Named(self.url, TOPIC)

    def woken(self) -> int:
        return self.world.wake.keys(Kind.POLL).count(self.source_id)


@pytest.fixture
async def quick(sqlite_url: str) -> AsyncIterator[Store]:
    store = open_store(sqlite_url)
    yield store
    await store.close()


async def _begun(house: House) -> House:
    vault, core = Vault(KeyFile((new_key(),))), house.world.core
    core.vault, core.settings = vault, RunSettings(public_url=HERE)
    row = Workspace(house.world.workspace, "acme", vault.new_data_key(), house.world.clock.now())
    await core.store.write(workspaces.create, row)
    house.source_id = await house.world.join()
    return house


@pytest.fixture
async def house(quick: Store, clock: FakeClock) -> AsyncIterator[House]:
    async with HttpClient(allow_private=["127.0.0.1"]) as http, Loopback(always(None)) as server:
        world = World(quick, clock, http)
        transport = httpx.ASGITransport(make_app(FakeServing(), RuntimeHooks(world.core)))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            hub = Hub(client)
            server.respond = hub.respond
            yield await _begun(House(world, hub, server.url, client))


async def test_a_hub_is_asked_asks_back_and_wakes_a_poll(house: House) -> None:
    await house.poll(house.named)
    [wish] = house.hub.wishes
    row = await house.row()
    assert row is not None
    assert (wish["hub.mode"], wish["hub.topic"], row.state) == ("subscribe", TOPIC, ASKING)
    assert await house.hub.verify(wish) == 200
    row = await house.row()
    assert row is not None
    assert (row.state, row.lease_until) == (LIVE, house.world.clock.now() + timedelta(days=1))

    assert await house.hub.distribute(b"<rss/>") == [200]
    assert await house.hub.distribute(b"<rss/>", method="sha1") == [200]

    assert house.woken() == 2
    assert house.source_id in await house.world.store.read(sources.due, house.world.clock.now(), 5)
    await house.poll(house.named)
    assert len(house.hub.wishes) == 1


async def test_a_push_that_is_not_signed_as_it_should_be_wakes_nothing(house: House) -> None:
    await house.poll(house.named)
    [wish] = house.hub.wishes
    await house.hub.verify(wish)

    assert await house.hub.distribute(b"<rss/>", secret="guessed") == [403]
    assert await house.hub.distribute(b"<rss/>", method="md5") == [403]
    for path in (wish["hub.callback"], f"{HERE}/hooks/websub/{new_id()}"):
        said = await house.client.post(path, content=b"<rss/>")
        assert (said.status_code, said.text) == (403, "Not accepted.")
    assert house.woken() == 0


async def test_what_was_not_asked_for_is_not_confirmed(house: House) -> None:
    await house.poll(house.named)
    [wish] = house.hub.wishes

    for other in ({"hub.topic": "https://other.example/"}, {"hub.mode": "unsubscribe"}):
        query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "x"} | other
        assert (await house.client.get(wish["hub.callback"], params=query)).status_code == 404
    assert await house.hub.verify(wish | {"hub.callback": f"{HERE}/hooks/websub/{new_id()}"}) == 404


async def test_a_lease_is_renewed_before_it_ends_with_the_same_callback_and_secret(house: House) -> None:
    await house.poll(house.named)
    await house.hub.verify(house.hub.wishes[0])
    house.world.clock.advance(timedelta(hours=17))
    await house.tick()
    assert len(house.hub.wishes) == 1
    house.world.clock.advance(timedelta(hours=2))
    await house.tick()

    assert house.hub.wishes[1] == house.hub.wishes[0]
    assert await house.hub.verify(house.hub.wishes[1]) == 200


@pytest.mark.parametrize("gone", ["the feed names it no more", "nobody reads the feed"])
async def test_a_hub_is_left(house: House, gone: str) -> None:
    await house.poll(house.named)
    await house.hub.verify(house.hub.wishes[0])
    if gone.startswith("the feed"):
        await house.poll(NOBODY)
    else:
        await house.world.run("UPDATE sources SET next_poll_at = NULL")
        await house.world.store.write(hubs.end_unread, house.world.clock.now())
        await house.tick()
    wish = house.hub.wishes[1]

    assert (wish["hub.mode"], "hub.secret" in wish) == ("unsubscribe", False)
    assert await house.hub.verify(wish) == 200
    assert (house.hub.subscribers, await house.row()) == ({}, None)


async def test_a_hub_that_does_not_answer_well_is_asked_seldom_and_harms_no_poll(house: House) -> None:
    house.hub.status = 500
    await house.poll(house.named)
    row = await house.row()
    assert row is not None
    assert row.note == "The hub answered 500."
    assert (await house.world.row(house.source_id)).state == "live"
    for minutes, wishes in ((5, 1), (6, 2), (15, 2), (6, 3)):
        house.world.clock.advance(timedelta(minutes=minutes))
        await house.tick()
        assert len(house.hub.wishes) == wishes

    assert await house.hub.deny(house.hub.wishes[0]) == 200
    row = await house.row()
    assert row is not None
    assert row.note == "The hub refuses: Not here."
    house.world.clock.advance(timedelta(days=6))
    await house.tick()
    assert len(house.hub.wishes) == 3


async def test_a_hub_inside_the_network_is_not_called(house: House) -> None:
    await house.poll(Named("http://10.0.0.7/hub", TOPIC))
    row = await house.row()
    assert row is not None
    assert "10.0.0.7" in row.note
    assert (await house.world.row(house.source_id)).state == "live"


async def test_a_subscription_that_nobody_ends_is_forgotten(house: House) -> None:
    await house.poll(house.named)
    await house.poll(NOBODY)
    for _ in range(4):
        house.world.clock.advance(timedelta(days=1))
        row = await house.row()
        assert row is not None
        assert row.state == LEAVING
        await house.tick()

    assert await house.row() is None


async def test_both_databases_keep_and_take_a_subscription(store: Store, clock: FakeClock) -> None:
    vault = Vault(KeyFile((new_key(),)))
    world = World(store, clock)
    await store.write(workspaces.create, Workspace(world.workspace, "acme", vault.new_data_key(), clock.now()))
    source_id, now = await world.join(), clock.now()
    row = hubs.Subscription(new_id(), world.workspace, source_id, "https://hub", TOPIC, "", ASKING, now, next_at=now)
    await store.write(hubs.put, row)
    await store.write(hubs.put, row)

    assert await store.read(hubs.due, now, 5) == [row.id]
    taken = await store.write(hubs.take, row.id, now)
    assert taken is not None
    assert (taken.tries, taken.next_at) == (1, now + hubs.FIRST_WAIT)
    assert await store.write(hubs.take, row.id, now) is None
    await world.run("UPDATE sources SET next_poll_at = NULL")
    await store.write(hubs.end_unread, now)
    assert [each.state for each in [await store.read(hubs.get, row.id)] if each] == [LEAVING]


async def test_a_signed_call_wakes_a_source_and_whoever_else_calls_learns_nothing(house: House) -> None:
    core, clock = house.world.core, house.world.clock
    row = await house.world.row(house.source_id)
    here = await core.store.read(workspaces.by_name, "acme")
    path, secret = sourcing.hook_path(here, row), await sourcing.new_hook(core.store, core.vault, here, row)
    other = f"whsec_{base64.b64encode(b'0' * 32).decode()}"

    async def told(key: str, *, path: str = path, late: timedelta = timedelta(0), body: bytes = b"{}") -> int:
        at = (clock.now() - late).replace(microsecond=0)
        signature = Webhook(key).sign("m1", at, body.decode())
        headers = {"webhook-id": "m1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
        return (await house.client.post(path, content=b"{}", headers=headers)).status_code

    assert await told(secret) == 200
    assert house.woken() == 1
    assert await told(other) == 403
    assert await told(secret, late=timedelta(minutes=6)) == 403
    assert await told(secret, body=b"[]") == 403
    assert await told(secret, path=path.replace("acme", "nobody")) == 403
    assert await told(secret, path=path.replace(row.id, new_id())) == 403
    await sourcing.end_hook(core.store, row)
    assert await told(secret) == 403
    assert house.woken() == 1
