"""The sandbox's networks, one server for each file of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.peers.networks import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.peers.networks import Networks


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
