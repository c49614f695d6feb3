"""Two workers on one database, each with a clock of its own, ask each source once when it is due."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from engine.clock import SystemClock
from engine.store import mappings, tables
from engine.store.joins import Reading
from engine.store.mappings import Draft
from engine.store.unit import open_store
from tests.journeys.waiting import until
from tests.kills.scene import found
from tests.machines.ground import at_work
from tests.peers.feed_server import FeedServer, Page, item, rss

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.peers.postgres import PostgresServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

FEEDS = 50
ROUNDS = 10
ROUND_WITHIN_S = 20.0
TICKS_S = 2.5
"""So long after a round both clocks have looked for due sources again, twice."""
LEASE_ENDS_S = 120.0


async def test_two_workers_ask_each_source_once_when_it_is_due(
    postgres: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    url = await asyncio.to_thread(postgres.create, postgres_template)
    store, clock = open_store(url), SystemClock()
    async with FeedServer() as server:
        await _read(store, tmp_path / "key", [_feed(server, number) for number in range(FEEDS)])
        chosen = {"CHAPPE_ALLOW_PRIVATE": "127.0.0.1", "CHAPPE_KEY_FILE": str(tmp_path / "key")}
        with at_work(tmp_path / "one", url, chosen) as one, at_work(tmp_path / "two", url, chosen):
            for number in range(1, ROUNDS + 1):
                await store.write(_due)
                await _asked(server, number, ROUND_WITHIN_S)
                await clock.sleep(TICKS_S)
                assert set(_counts(server).values()) == {number}, _counts(server)
            since = await store.write(_due)
            await until(lambda: _total(server), lambda asked: asked > ROUNDS * FEEDS, ROUND_WITHIN_S)
            one.kill()
            cut = await _total(server)
            await until(lambda: store.read(_unread, since), lambda count: count == 0, LEASE_ENDS_S)
    repeated = await _total(server) - (ROUNDS + 1) * FEEDS
    sys.stdout.write(f"killed when {cut - ROUNDS * FEEDS} of {FEEDS} had been asked; {repeated} were asked again\n")
    assert set(_counts(server).values()) <= {ROUNDS + 1, ROUNDS + 2}
    await store.close()
    await asyncio.to_thread(postgres.drop, url)


def _feed(server: FeedServer, number: int) -> str:
    """Let every second feed be one whose server does not say that it has not changed."""
    return server.put(f"/feed/{number}", Page(rss(item(1)), validators=number % 2 == 0))


async def _read(store: Store, key_file: Path, urls: list[str]) -> None:
    """Let a mapping read feeds, none of which is due yet."""
    workspace, _ = await found(store, key_file)
    now = SystemClock().now()
    nodes = {f"s{number}": url for number, url in enumerate(urls)}
    sources = "".join(f'  {name}: {{kind: feed, url: "{url}"}}\n' for name, url in nodes.items())
    sink = f'  out: {{kind: webhook, from: [{", ".join(nodes)}], url: "{urls[0]}"}}\n'
    draft = Draft("polls", "", f"mapping: polls\nsources:\n{sources}sinks:\n{sink}", "hash")
    saved = await store.write(mappings.save_version, workspace.id, draft, now)
    day = timedelta(days=1)
    readings = [Reading(name, "feed", url, json.dumps({"url": url}), day) for name, url in nodes.items()]
    await store.write(mappings.activate, workspace.id, saved.version_id, "", readings, now)
    await store.write(_set, None)


def _due(connection: Connection) -> datetime:
    """Let all of them be due, from the moment on that is returned."""
    now = SystemClock().now()
    _set(connection, now)
    return now


def _unread(connection: Connection, since: datetime) -> int:
    """Count those whose answer is not written since then."""
    column = tables.sources.c.last_poll_at
    return connection.scalar(select(func.count()).where((column < since) | column.is_(None))) or 0


def _set(connection: Connection, at: datetime | None) -> None:
    connection.execute(update(tables.sources).values(next_poll_at=at))


def _counts(server: FeedServer) -> Counter[str]:
    return Counter(request.path for request in server.received)


async def _total(server: FeedServer) -> int:
    return len(server.received)


async def _asked(server: FeedServer, times: int, within: float) -> None:
    """Wait until each feed has been asked so often."""

    async def fewest() -> int:
        return min((_counts(server)[f"/feed/{number}"] for number in range(FEEDS)), default=0)

    await until(fewest, lambda count: count >= times, within)
