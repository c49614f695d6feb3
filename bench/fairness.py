"""How long posts of a small workspace take while a large one sends ten thousand, and while a platform hangs."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from bench import peers
from bench.child import run
from bench.figures import Figure, ratio
from bench.scene import Scene, arrive, furnish
from engine.run.route import route
from engine.runtime import spare_collector
from engine.store import tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Connection, TextClause

    from bench.setting import Bench

LARGE = "large"
ACCOUNTS = 5
EVERY_S = 0.2
"""How often a post of the small workspace arrives, for its five accounts."""

ANSWERS_MS = 150
"""The receiver waits up to so long before it commits, and again before it answers: 150 ms in the mean."""
_TOOK = text(
    "SELECT (julianday(d.sent_at) - julianday(d.released_at)) * 86400 FROM deliveries d"
    " JOIN workspaces w ON w.id = d.workspace_id WHERE w.name = 'acme' AND d.sent_at IS NOT NULL"
)
_LEFT = text(
    "SELECT count(*) FROM deliveries d JOIN workspaces w ON w.id = d.workspace_id"
    " WHERE w.name = 'acme' AND d.sent_at IS NULL"
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure alone, beside a crowd, and beside a platform that hangs, in each round."""
    sizes = bench.sizes
    folder = bench.folder / "fairness"
    folder.mkdir()
    alone, crowded, hanging = [], [], []
    with peers.receiver(folder / "journal", delay_ms=ANSWERS_MS) as url:
        template = Scene(folder / "database")
        run(furnish, str(template.folder), url, ACCOUNTS)
        run(furnish, str(template.folder), url, sizes.crowd, LARGE)
        for _ in bench.rounds("fairness"):
            alone.append(run(small, str(template.copy("alone").folder), sizes.arrivals, 0, ""))
            crowded.append(run(small, str(template.copy("crowded").folder), sizes.arrivals, sizes.each, ""))
            hanging.append(run(small, str(template.copy("hanging").folder), sizes.arrivals, sizes.each, "hangs"))
    for row, took, wanted in (
        (f"p95 beside a workspace with {sizes.crowd * sizes.each:,} due", crowded, 2),
        ("p95 beside a platform that hangs", hanging, 1.1),
    ):
        detail = f"{median(took) * 1000:.0f} ms; alone {median(alone) * 1000:.0f} ms"
        yield Figure(row, ratio(took, alone), wanted, detail=detail)


async def small(folder: str, arrivals: int, each: int, platform: str) -> float:
    """Return the p95 of seconds between the release and the receipt of the small workspace's deliveries.

    `each` posts for everybody are due in the large workspace from the start; with a `platform` its accounts are there,
    and nobody answers them.
    """
    runtime = Scene(Path(folder)).runtime()
    store = runtime.core.store
    async with _silent() as address:
        for post_id in await arrive(store, each, LARGE) if each else ():
            await route(runtime.core, post_id)
        if platform:
            await store.write(_move, platform, address)
        spare_collector()
        await runtime.start()
        for number in range(arrivals):
            [post_id] = await arrive(store, 1, first=number)
            await route(runtime.core, post_id)
            await runtime.core.clock.sleep(EVERY_S)
        while await store.read(_number, _LEFT):
            await runtime.core.clock.sleep(EVERY_S)
        took = sorted(await store.read(lambda connection: connection.execute(_TOOK).scalars().all()))
    await runtime.stop()
    return float(took[int(len(took) * 0.95)])


def _number(connection: Connection, query: TextClause) -> int:
    return int(connection.execute(query).scalar_one())


def _move(connection: Connection, platform: str, address: str) -> None:
    """Let the accounts of the large workspace be at another platform, and listen elsewhere."""
    large = select(tables.workspaces.c.id).where(tables.workspaces.c.name == LARGE).scalar_subquery()
    accounts, lanes = tables.accounts, tables.lanes
    there = {"platform": platform, "settings": json.dumps({"url": address})}
    connection.execute(update(accounts).where(accounts.c.workspace_id == large).values(there))
    connection.execute(update(lanes).where(lanes.c.workspace_id == large).values(platform=platform))


@asynccontextmanager
async def _silent() -> AsyncIterator[str]:
    """Take connections and requests, and never answer; at the end all are broken off."""
    ended = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.transport.abort()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        ended.set()
        server.close()
        await server.wait_closed()
