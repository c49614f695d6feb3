"""Workers are known by the locks that they hold, and refuse to begin where one process does everything."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from api import workers
from api.cli.main import exit_code
from api.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_worker_is_known_while_it_lives(tmp_path: Path) -> None:
    with workers.announced(tmp_path):
        (worker,) = workers.living(tmp_path)
        assert worker.host == socket.gethostname()
        assert worker.is_here

    assert workers.living(tmp_path) == []


def test_what_a_killed_worker_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / workers.FOLDER
    folder.mkdir()
    (folder / "acme-1.json").write_text('{"pid": 1, "host": "acme"}')

    assert workers.living(tmp_path) == []
    assert list(folder.iterdir()) == []


async def test_a_worker_that_is_drained_is_told_by_a_signal_and_waited_for(tmp_path: Path) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    with workers.announced(tmp_path):
        (worker,) = workers.living(tmp_path)
        draining = asyncio.create_task(workers.drain(worker))
        await told.wait()
        assert not draining.done()

    await draining
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite:///chappe.db", "set CHAPPE_DATABASE_URL to a PostgreSQL database, and CHAPPE_DISPATCH=distributed."),
        ("postgresql://chappe@db/chappe", "run `chappe up`, or set CHAPPE_DISPATCH=distributed."),
    ],
)
def test_where_one_process_does_everything_a_worker_is_refused(url: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as refused:
        workers.refuse_alone(Settings(database_url=url), "work")

    said = str(refused.value)
    assert said.startswith("`chappe work` is for several processes, and here one process does everything: ")
    assert said.endswith(remedy)
    assert exit_code(refused.value) == 1


def test_with_the_distributed_dispatch_a_worker_begins() -> None:
    workers.refuse_alone(Settings(database_url="postgresql://chappe@db/chappe", dispatch="distributed"), "work")
