"""The sandbox's networks, one server for each file of tests, and a stage before each of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest_asyncio

from engine.contract.registry import Registry
from engine.run.core import RunSettings
from engine.store import tables as t
from engine.store.unit import open_store
from engine.store.workspaces import Workspace
from engine.vault import KeyFile, Vault, new_key
from tests.engine.run.world import WORKSPACE, World
from tests.kills.connected import PLACES, Desk, Stage
from tests.peers.networks import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from tests.peers.networks import Networks

PATIENT = RunSettings(send_timeout=timedelta(seconds=8))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server_of_networks() -> AsyncIterator[Networks]:
    """Give the networks, for all tests of a file."""
    async with running() as networks:
        yield networks


@pytest_asyncio.fixture(loop_scope="module")
async def networks(server_of_networks: Networks) -> Networks:
    """Give networks on which nothing has been published; their tests run on the loop of their file."""
    await server_of_networks.begin_anew()
    return server_of_networks


@pytest_asyncio.fixture(params=PLACES, loop_scope="module")
async def stage(request: pytest.FixtureRequest, networks: Networks, sqlite_url: str) -> AsyncIterator[Stage]:
    """Give a stage before each network: what they do is the same to both databases."""
    place, store, vault = PLACES[request.param], open_store(sqlite_url), Vault(KeyFile((new_key(),)))
    world = World(store, networks.clock, sink=place.sink(place.sink.Config()), settings=PATIENT)  # type: ignore[arg-type]
    await world.begin()
    workspace = Workspace(WORKSPACE, "acme", vault.new_data_key(), networks.clock.now())
    await world.execute(t.workspaces.update().values(data_key=workspace.data_key))
    world.core.http, world.core.vault = networks.http, vault
    world.core.registry = Registry([place.account, place.sink])
    desk = Desk(store, vault, workspace, networks)
    yield Stage(world, networks, desk, place, await desk.connect(place))
    await store.close()
