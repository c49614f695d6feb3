"""Polling feeds that have not changed, against the bare request with the same client."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import text

from bench.child import run
from bench.feeds import ETAG
from bench.figures import Figure, ratio
from bench.meter import Meter
from bench.remembered import copies, remembering
from bench.scene import LOOPBACK, Scene, blank
from engine.http_client import HttpClient
from engine.run.poll import Poller
from engine.runtime import POLLS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from bench.setting import Bench
    from engine.run.core import Core

_READ = text("SELECT count(*) FROM sources WHERE id <> :first AND failures = 0 AND last_poll_at > created_at")
CASES = (("etag", "with ETag", 1.5), ("plain", "without ETag", 3))


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure each poll against its own bare request, in each round."""
    template = Scene(bench.folder / "nothing")
    run(blank, str(template.folder))
    for path, name, wanted in CASES:
        url, count = f"{bench.feeds}/{path}", bench.sizes.polls
        polled, bare = [], []
        for _ in bench.rounds(f"poll {name}"):
            polled.append(run(poll_unchanged, str(template.copy("polling").folder), url, count)["cpu"])
            bare.append(run(request, url, count)["cpu"])
        each = [f"{median(used) / count * 1000:.2f}" for used in (polled, bare)]
        detail = f"{each[0]} ms CPU each; bare {'conditional ' if path == 'etag' else ''}GET {each[1]}"
        yield Figure(f"poll of an unchanged feed {name}: CPU", ratio(polled, bare), wanted, detail=detail)


async def poll_unchanged(folder: str, url: str, count: int) -> Meter:
    """Poll so many sources, as many at once as the runtime does; each remembers the feed and finds it unchanged."""
    core = Scene(Path(folder)).runtime().core
    poller = Poller(core)
    async with core.http:
        first = await remembering(core, url)
        ids = await core.store.write(copies, first, [core.clock.now()] * count)
        with Meter() as meter:
            await _at_once(ids, poller.poll)
            await poller.settle()
        await core.offload.stop()
    await _check(core, first, count)
    return meter


async def request(url: str, count: int) -> Meter:
    """Make as many conditional requests and nothing else."""
    async with HttpClient(allow_private=[LOOPBACK]) as http:

        async def get(_: str) -> None:
            await http.fetch("GET", url, headers={"Accept": "*/*", "If-None-Match": ETAG})

        await get(url)
        with Meter() as meter:
            await _at_once([url] * count, get)
    return meter


async def _check(core: Core, first: str, count: int) -> None:
    read = await core.store.read(lambda connection: connection.execute(_READ, {"first": first}).scalar_one())
    await core.store.close()
    if read != count:
        raise RuntimeError(f"{read} of {count} sources were read.")


async def _at_once(keys: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
    waiting = iter(keys)

    async def some() -> None:
        for key in waiting:
            await work(key)

    await asyncio.gather(*(some() for _ in range(POLLS)))
