"""Machines for the tests of this folder; where none can be made, they are skipped and say why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from engine.store.migrate import upgrade
from tests.machines.ground import Ground, before_receivers
from tests.peers.machines import NoMachinesError, joined
from tests.peers.postgres import start_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Give a database, receivers, and two machines for workers, each in a network of its own."""
    try:
        with joined(("data", "net", "one", "two")) as (router, machines):
            data, net, one, two = machines
            with start_postgres(machine=data) as server:
                url = server.create()
                asyncio.run(upgrade(url))
                with before_receivers(tmp_path, server, url, net) as made:
                    made.router, made.data, made.one, made.two = router, data, one, two
                    yield made
    except NoMachinesError as error:
        pytest.skip(str(error))
