"""One process sends from a SQLite file; its start ends what an earlier one had leased."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from engine.ids import new_id
from engine.store.lock import begin_generation, only_process
from engine.store.tables import accounts, lanes, sources
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from engine.store.unit import Store

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from datetime import UTC, datetime
from engine.store.lock import only_process
with only_process(sys.argv[1], datetime(2026, 5, 4, 9, 30, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(url: str) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock in a process of its own until the block ends."""
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def _lock_of(tmp_path: Path) -> tuple[str, Path]:
    return f"sqlite:///{tmp_path / 'chappe.sqlite3'}", tmp_path / "chappe.sqlite3.lock"


def test_a_second_process_is_refused_and_told_of_the_first(tmp_path: Path, now: datetime) -> None:
    url, _ = _lock_of(tmp_path)
    with another_process(url) as first:
        named = rf"process {first.pid} on .*, since 2026-05-04T09:30:00\+00:00, holds chappe.*`kill {first.pid}`"
        with pytest.raises(StoreError, match=named), only_process(url, now):
            pytest.fail("both hold it")


def test_a_killed_process_leaves_no_lock(tmp_path: Path, now: datetime) -> None:
    url, file = _lock_of(tmp_path)
    with another_process(url) as first:
        first.kill()
        first.wait()
        with only_process(url, now):
            assert json.loads(file.read_text())["pid"] == os.getpid()


def test_the_lock_is_free_after_its_block(tmp_path: Path, now: datetime) -> None:
    url, file = _lock_of(tmp_path)
    with only_process(url, now):
        pass
    with another_process(url) as after:
        assert json.loads(file.read_text())["pid"] == after.pid


def test_a_holder_that_has_not_written_its_name_is_described(tmp_path: Path, now: datetime) -> None:
    url, file = _lock_of(tmp_path)
    with only_process(url, now):
        file.write_text("")
        with pytest.raises(StoreError, match="one that is just starting holds"), only_process(url, now):
            pytest.fail("both hold it")


def test_a_lock_file_that_cannot_be_made_is_named(tmp_path: Path, now: datetime) -> None:
    url = f"sqlite:///{tmp_path / 'none' / 'chappe.sqlite3'}"

    with (
        pytest.raises(StoreError, match=r"\.lock cannot be opened: No such file"),
        only_process(url, now),
    ):
        pytest.fail("held without a file")


def test_postgres_needs_no_lock(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url, files = "postgresql://127.0.0.1/chappe", None
    with only_process(url, now), only_process(url, now):
        files = list(tmp_path.iterdir())

    assert files == []


async def test_a_start_ends_older_leases_and_counts(store: Store, workspace: str, now: datetime) -> None:
    await store.write(_leased, workspace, now)

    assert await store.write(begin_generation, now) == 1
    assert await store.write(begin_generation, now) == 2

    lane, source = await store.read(_leases)
    assert lane == (None, now, 8)
    assert source is None


def _leased(connection: Connection, workspace: str, now: datetime) -> None:
    account, until = new_id(), now + timedelta(seconds=45)
    base = {"workspace_id": workspace, "created_at": now}
    connection.execute(insert(accounts).values(id=account, name="hook", platform="webhook", **base))
    lane = {"workspace_id": workspace, "account_id": account, "platform": "webhook", "fence": 7}
    connection.execute(insert(lanes).values(lease_owner="gone", lease_until=until, **lane))
    source = {"id": new_id(), "name": "page", "kind": "feed", "identity": "x", "settings": "{}", "every_s": 60}
    connection.execute(insert(sources).values(polling_until=until, **source, **base))


def _leases(connection: Connection) -> tuple[tuple[str | None, datetime, int], datetime | None]:
    lane = connection.execute(select(lanes.c.lease_owner, lanes.c.lease_until, lanes.c.fence)).one()
    return (lane[0], lane[1], lane[2]), connection.scalar(select(sources.c.polling_until))
