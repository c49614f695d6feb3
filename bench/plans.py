"""No read of the API costs more as the tables grow: each statement's plans at two sizes.

Every read is asked for with every combination of its filters, in a workspace that is full and in one that is quiet;
what it sends is run again by a plan for its values and by the plan for all values, and the buffers that it touches are
counted.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import httpx

from api.app import make_app
from api.scopes import scopes_of
from api.settings import Settings
from api.wiring import make_core, make_face
from bench import crowd, every_read, explaining, records
from bench.child import run
from bench.crowd import Crowd
from bench.explaining import Statement, overheard
from bench.figures import Figure
from bench.serving import Idle
from engine.store.unit import open_store
from engine.vault import KeyFile
from tests.peers.postgres import start_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI

    from bench.setting import Bench

MOST = 2.0
FLOOR = 30
"""So few buffers are nothing: what is one level deeper in each index that it looks into has grown by so many."""

TIMES = 10
"""So many times more deliveries has the big one."""

STREAM_S = 0.3
"""A stream that goes on is left then."""

MOST_S = 60
"""An answer that takes so long says enough."""

_ID = 32
_TIME = re.compile(r"(since|until)=[^&]*")

Counted = dict[str, dict[str, tuple[int, float, str]]]
"""Of each read and statement, by each kind of plan: buffers, milliseconds, the plan."""


class Grown(NamedTuple):
    """How a statement of a read has grown by one kind of plan."""

    ratio: float
    read: str
    mode: str
    small: int
    big: int


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare the two sizes, by both kinds of plan."""
    folder = bench.folder / "plans"
    folder.mkdir()
    KeyFile.create(folder / "chappe.key")
    found = []
    with start_postgres() as server:
        for deliveries in (bench.sizes.deliveries // TIMES, bench.sizes.deliveries):
            bench.say(f"plans: {deliveries} deliveries")
            url = server.create()
            found.append(run(counted, url, str(folder), bench.sizes.mappings, deliveries))
    grown = compared(*found)
    for mode in explaining.MODES:
        these = [one for one in grown if one.mode == mode]
        worst, slowest = max(these), max(these, key=lambda one: found[1][one.read][mode][1])
        for one in these:
            if one.ratio > MOST:
                bench.say(f"    {mode}: {one.small} to {one.big} buffers: {one.read[:200]}")
        detail = f"worst: {worst.read[:100]}, {worst.small} to {worst.big} buffers; of {len(these)} statements;"
        detail += f" slowest {found[1][slowest.read][mode][1]:.1f} ms: {slowest.read[:100]}"
        yield Figure(f"API, reads: buffers, {mode} plans, {TIMES} times the rows", worst.ratio, MOST, detail=detail)


def compared(small: Counted, big: Counted) -> list[Grown]:
    """Return how what both have has grown, by each kind of plan."""
    grown = []
    for key in small.keys() & big.keys():
        for mode in small[key].keys() & big[key].keys():
            before, after = small[key][mode][0], big[key][mode][0]
            grown.append(Grown(max(after, FLOOR) / max(before, FLOOR), key, mode, before, after))
    return sorted(grown, reverse=True)


async def counted(url: str, folder: str, mappings: int, deliveries: int) -> Counted:
    """Fill a database, ask for every read, and return what its statements cost."""
    size = Crowd(mappings, deliveries)
    store = open_store(url)
    settings = Settings(data_dir=Path(folder), database_url=url, rate_limit=1_000_000)
    app = make_app(Idle(), None, make_face(settings, make_core(store, key_file=settings.key_file, allow_private=())))
    await crowd.fill(url, mappings, deliveries)
    await records.add(url, mappings, deliveries, " ".join(sorted(scopes_of(app.routes))))
    connection = await asyncpg.connect(url)
    found: Counted = {}
    known: dict[Statement, Any] = {}
    async with _client(app) as client:
        async for read, heard in _asked(client, app, size):
            for statement in heard:
                if statement not in known:
                    known[statement] = await explaining.costs(connection, statement)
                costs = {mode: (one.buffers, one.ms, one.plan) for mode, one in known[statement].items()}
                found[f"{read} · {statement.shape}"] = costs
    await connection.close()
    await store.close()
    return found


async def _asked(client: httpx.AsyncClient, app: FastAPI, size: Crowd) -> AsyncIterator[tuple[str, list[Statement]]]:
    """Ask for every read, and for the page that follows; give each with what it sent."""
    for route, names in every_read.routes(app.openapi()):
        known = every_read.known_of(route, size)
        for workspace in ("acme", records.QUIET) if "{workspace}" in route else ("",):
            has = names if workspace != records.QUIET else [name for name in names if name not in every_read.THINGS]
            for path in every_read.paths(route, has, known, workspace):
                following, heard = await _answered(client, path)
                yield _named(path, known), heard
                if following:
                    _, heard = await _answered(client, following)
                    yield f"{_named(path, known)} (next page)", heard


async def _answered(client: httpx.AsyncClient, path: str) -> tuple[str, list[Statement]]:
    """Ask for a path; return that of the next page, and what was sent. A stream that goes on is left."""
    with overheard() as heard:
        try:
            headers = {"authorization": f"Bearer {crowd.KEY}"} if "/acme" in path else {"cookie": records.COOKIE}
            answer = await asyncio.wait_for(client.get(path, headers=headers), STREAM_S if _streams(path) else MOST_S)
        except TimeoutError:
            if not _streams(path):
                raise
            return "", heard
    if answer.status_code not in ({200, 404, 403} if f"/{records.QUIET}/" in path else {200, 404}):
        raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[:500]}")
    following = answer.links.get("next", {}).get("url", "")
    return following, heard


def _streams(path: str) -> bool:
    return urlsplit(path).path.endswith(("/events", "/tap"))


def _named(path: str, known: every_read.Known) -> str:
    """Return a path with names instead of ids and times, so that it is the same at every size."""
    parts = urlsplit(path)
    query = _TIME.sub(r"\1=…", "&".join(sorted(parts.query.split("&"))))
    whole = f"{parts.path}?{query}"
    for name, value in known.path.items():
        if len(value) == _ID:
            whole = whole.replace(value, f"<{name}>")
    return whole


@asynccontextmanager
async def _client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://x", trust_env=False) as client:
        yield client
