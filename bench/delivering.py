"""Durable delivery against the engine's own client, and against bare aiohttp, posting the same bodies."""

from __future__ import annotations

import asyncio
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import text

from bench.child import run
from bench.figures import Figure, ratio
from bench.meter import Meter
from bench.scene import LOOPBACK, SECRET, Scene, arrive, furnish, sample_post
from connectors.webhook.wire import body_of, headers_of
from engine.clock import SystemClock
from engine.content.rendering import Room, Wording, render
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.run.route import route
from engine.run.supply import SEATS
from engine.runtime import spare_collector

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy import Connection, TextClause

    from bench.setting import Bench
    from engine.runtime import Runtime

LOOK_EVERY = 0.05
CONNECTIONS = 100
_LEFT = text("SELECT 1 FROM deliveries WHERE state IN ('planned', 'sending', 'doubtful') LIMIT 1")
_ALL = text("SELECT count(*) FROM deliveries")
_SENT = text("SELECT count(*) FROM deliveries WHERE state = 'sent'")


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure all three in turn, in each round."""
    size, count = bench.sizes.accounts, bench.sizes.posts
    template = Scene(bench.folder / "audience")
    run(furnish, str(template.folder), bench.receiver, size)
    engine, client, bare = [], [], []
    for _ in bench.rounds("durable delivery"):
        engine.append(run(deliver, str(template.copy("delivering").folder), count))
        client.append(run(post_with_client, bench.receiver, size, count))
        bare.append(run(post_with_aiohttp, bench.receiver, size, count))
    cpu, client_cpu, bare_cpu = ([one["cpu"] for one in each] for each in (engine, client, bare))
    each = [f"{median(used) / size / count * 1000:.2f}" for used in (cpu, client_cpu, bare_cpu)]
    detail = f"{each[0]} ms CPU each; client {each[1]}, aiohttp {each[2]}"
    yield Figure("delivery: CPU against our client", ratio(cpu, client_cpu), 1.5, detail=detail)
    yield Figure("delivery: CPU against bare aiohttp", ratio(cpu, bare_cpu), 5, detail="then at most 3")
    wall, client_wall = ([one["wall"] for one in each] for each in (engine, client))
    rates = [f"{size * count / median(took):.0f}" for took in (wall, client_wall)]
    detail = f"{rates[0]} deliveries/s; client {rates[1]}"
    yield Figure("delivery: rate against our client", ratio(client_wall, wall), 0.7, "least", detail=detail)


async def deliver(folder: str, count: int) -> Meter:
    """Deliver so many posts, planned beforehand, to everybody: from the start of the runtime to the last outcome."""
    runtime = Scene(Path(folder)).runtime()
    for post_id in await arrive(runtime.core.store, count):
        await route(runtime.core, post_id)
    expected = await runtime.core.store.read(_count, _ALL)
    spare_collector()
    with Meter() as meter:
        await runtime.start()
        await delivered(runtime)
    sent = await runtime.core.store.read(_count, _SENT)
    await runtime.stop()
    if sent != expected or not sent:
        raise RuntimeError(f"{sent} of {expected} deliveries are sent.")
    return meter


async def delivered(runtime: Runtime) -> None:
    """Wait until nothing is left to send."""
    while await runtime.core.store.read(_left):
        await runtime.core.clock.sleep(LOOK_EVERY)


def _count(connection: Connection, query: TextClause) -> int:
    return int(connection.execute(query).scalar_one())


def _left(connection: Connection) -> bool:
    return connection.execute(_LEFT).first() is not None


async def post_with_client(receiver: str, accounts: int, count: int) -> Meter:
    """Post as many signed bodies by the engine's client, and nothing else."""
    requests = _requests(receiver, accounts, count)
    async with HttpClient(allow_private=[LOOPBACK]) as http:

        async def post(url: str, headers: dict[str, str], body: bytes) -> int:
            return (await http.publish("POST", url, headers=headers, content=body)).status

        with Meter() as meter:
            await _at_once(requests, post)
    return meter


async def post_with_aiohttp(receiver: str, accounts: int, count: int) -> Meter:
    """Post as many signed bodies by bare aiohttp."""
    requests = _requests(receiver, accounts, count)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def post(url: str, headers: dict[str, str], body: bytes) -> int:
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()
                return response.status

        with Meter() as meter:
            await _at_once(requests, post)
    return meter


def _requests(receiver: str, accounts: int, count: int) -> list[tuple[str, dict[str, str], bytes]]:
    now = SystemClock().now()
    made = []
    for number, account in product(range(count), range(accounts)):
        post = sample_post(number)
        content = render(post, Wording("bench", ZoneInfo("UTC")), Room())
        body, key = body_of(content, now), new_id()
        made.append((f"{receiver}/{account}", headers_of(body, key=key, now=now, secrets=[SECRET]), body))
    return made


async def _at_once(
    requests: list[tuple[str, dict[str, str], bytes]], post: Callable[[str, dict[str, str], bytes], Awaitable[int]]
) -> None:
    """Keep as many requests under way as the engine keeps drains of one platform and workspace."""
    waiting = iter(requests)

    async def work() -> None:
        for request in waiting:
            if (status := await post(*request)) != 200:
                raise RuntimeError(f"The receiver answered {status}.")

    await asyncio.gather(*(work() for _ in range(SEATS // 4)))
