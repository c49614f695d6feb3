"""Reads of the API over a database that is full, against a route of FastAPI that does nothing.

Both are served by the same server with the same settings and asked by the same client, a process of its own. What a
read costs beyond the bare route is all of it: finding out whose key it is, the queries, the shapes, the guards. The
work of PostgreSQL, a process of its own too, is not counted: that it does not grow is proved by its plans.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI

from api.app import PREFIX, make_app
from api.server import configured
from api.settings import Settings
from api.wiring import make_core, make_face
from bench import crowd
from bench.child import run
from bench.crowd import row_id
from bench.figures import Figure
from bench.meter import Meter
from engine.store.overview import Overview
from engine.store.unit import open_store
from engine.vault import KeyFile
from tests.peers.postgres import start_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

    from bench.setting import Bench

MOST = 6.0
TURNS = 10
"""In so many turns a path and the bare route are asked."""
BARE = "/nothing"
HERE = f"{PREFIX}/workspaces/acme"
LISTS = (
    "/deliveries",
    "/deliveries?state=sent",
    "/deliveries?state=planned&state=cancelled",
    "/deliveries?mapping=news-1",
    "/deliveries?account={account}",
    "/deliveries?person={person}",
    "/posts",
    "/posts?state=held",
    "/posts?mapping=news-1",
    "/mappings",
    "/mappings/news-1/versions",
    "/accounts",
    "/people",
    "/groups",
    "/groups/Group 1/members",
    "/sources",
    "/approvals",
    "/operations",
)
DETAILS = (
    "/deliveries/{delivery}",
    "/posts/{post}",
    "/mappings/news-1",
    "/mappings/news-1/versions/3",
    "/accounts/{account}",
    "/people/{person}",
    "/sources/{source}",
)


class Ask(Protocol):
    """Asks for a path so many times."""

    async def __call__(self, path: str, times: int) -> None:
        """Return once all are answered."""


class Idle:
    """What the start page asks, which nobody opens here."""

    async def reasons(self) -> list[str]:
        """Return nothing."""
        return []

    async def overview(self) -> Overview:
        """Return nothing."""
        return Overview(sources=0, due=0, doubtful=0, sent=0)

    async def waiting(self) -> int:
        """Return nothing."""
        return 0


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure every read and the bare route, in turn, in each round."""
    folder = bench.folder / "serving"
    folder.mkdir()
    KeyFile.create(folder / "chappe.key")
    with start_postgres() as server:
        url = server.create()
        bench.say(f"api: {bench.sizes.deliveries} deliveries are written")
        asyncio.run(crowd.fill(url, bench.sizes.mappings, bench.sizes.deliveries))
        given = (url, str(folder), bench.sizes.mappings, bench.sizes.deliveries, bench.sizes.asked)
        found = [run(reads, *given) for _ in bench.rounds("api")]
    for what, paths in (("list", LISTS), ("detail", DETAILS)):
        ratios = {path: median(one[path] for one in found) for path in paths}
        worst = max(ratios, key=lambda path: ratios[path])
        detail = f"worst: {worst}; in the mean {mean(ratios.values()):.1f}"
        yield Figure(f"API, {what} reads: CPU against an empty route", ratios[worst], MOST, detail=detail)


async def reads(url: str, folder: str, mappings: int, deliveries: int, times: int) -> dict[str, float]:
    """Return how many times the CPU of the bare route a request takes, for each path.

    Both are asked in turn, a few times each, since a machine is not equally quick at any two moments.
    """
    store = open_store(url)
    settings = Settings(data_dir=Path(folder), database_url=url, rate_limit=1_000_000)
    core = make_core(store, key_file=settings.key_file, allow_private=())
    app = make_app(Idle(), None, make_face(settings, core))
    places = {
        "delivery": row_id("a", deliveries // 2),
        "post": row_id("7", max(1, deliveries // 20)),
        "account": row_id("3", min(4, mappings)),
        "person": row_id("1", min(4, mappings)),
        "source": row_id("6", min(4, mappings)),
    }
    found = {}
    async with _client(_bare()) as bare, _client(app) as ask:
        await bare(BARE, times)
        for path in (*LISTS, *DETAILS):
            whole = quote(HERE + path.format(**places), safe="/?=&")
            await ask(whole, max(1, times // 5))  # what is made at the first times is not counted
            turns = [(await _cost(ask, whole, times // TURNS), await _cost(bare, BARE, times // TURNS))
                     for _ in range(TURNS)]  # fmt: skip
            found[path] = sum(its for its, _ in turns) / sum(bares for _, bares in turns)
    await store.close()
    return found


def _bare() -> FastAPI:
    app = FastAPI()

    @app.get(BARE)
    async def nothing() -> dict[str, str]:
        return {}

    return app


async def _cost(ask: Ask, path: str, times: int) -> float:
    times = max(1, times)
    with Meter() as meter:
        await ask(path, times)
    return meter.cpu / times


@asynccontextmanager
async def _client(app: ASGIApp) -> AsyncIterator[Ask]:
    """Serve an application and give a client that asks it for a path so many times."""
    server = uvicorn.Server(configured(app))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        program = (sys.executable, "-m", "bench.asking", str(listening.getsockname()[1]), crowd.KEY)
        client = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=PIPE)

        async def ask(path: str, times: int) -> None:
            if client.stdin is None or client.stdout is None or client.stderr is None:
                raise RuntimeError("The client has no pipes.")
            client.stdin.write(f"{json.dumps([path, times])}\n".encode())
            if not await client.stdout.readline():
                raise RuntimeError((await client.stderr.read()).decode())

        yield ask
        await client.communicate(b"")  # ends its input
        server.should_exit = True
        await serving
