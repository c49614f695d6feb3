"""What an instance of a size needs, from what 4,000 deliveries cost here: the table of docs/scale.md.

The same deliveries, planned beforehand and due at one moment, are sent by `chappe up` over SQLite, and by one and by
two `chappe work` over a PostgreSQL that writes through to the disk. What PostgreSQL uses is counted, apart. Then the
tables are packed, and what a delivery has left in them is looked at.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import psutil
from rich.console import Console

from bench import peers
from bench.child import run
from bench.race.course import Arrivals
from bench.race.running import used
from bench.scene import ACME, Scene, furnish
from bench.starting import MEGA, started
from bench.waking import PATIENCE, plan
from engine.run.retire import EVENTS_KEPT, KEPT
from tests.peers.postgres import start_postgres
from tests.peers.receiver import read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Figure
    from bench.setting import Bench

MARGIN = 2
POSTS_A_DAY = 2
SECONDS = 3_600
"""Each post is to be out within an hour."""
LEAST = 0.01
"""Cores that are worth a number."""
CONNECTIONS = 21
"""What a process may use: 15 for its work, 6 for its queue."""
YEAR = 365
_SIZES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


class Instance(NamedTuple):
    """A size: so many people, so many workers over PostgreSQL; none means `chappe up` over SQLite."""

    people: int
    workers: int


INSTANCES = (Instance(50, 0), Instance(1_000, 0), Instance(20_000, 2), Instance(200_000, 2), Instance(1_000_000, 4))


@dataclass(frozen=True, slots=True)
class Cost:
    """What deliveries cost: a second, CPU milliseconds for one (Chappe's, PostgreSQL's), bytes of a process."""

    rate: float
    own_ms: float
    database_ms: float
    memory: float


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes that a delivery leaves: for ever, for as long as what explains it is kept, and while events are kept."""

    always: float
    explained: float
    events: float

    def after(self, days: int, each: int) -> float:
        """Return the bytes after so many days with so many deliveries each."""
        kept = self.always * days + self.explained * min(days, KEPT.days) + self.events * min(days, EVENTS_KEPT.days)
        return kept * each


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure, print both tables, and compare with nothing: the design names no figures here."""
    folder = bench.folder / "sizing"
    folder.mkdir()
    with start_postgres(durable=True) as server:
        (alone, file), (one, _), (two, space) = (
            _sent(bench, Scene(folder / "embedded"), 1),
            *(_sent(bench, Scene(folder / f"workers-{number}", server.create()), number) for number in (1, 2)),
        )
    costs = {0: alone, 1: one, 2: two}
    console = Console(width=150, highlight=False)
    console.print("\n".join((*described(costs, space, file), "", *sized(costs, space))), markup=False)
    yield from ()


def described(costs: dict[int, Cost], space: Space, file: Space) -> Iterator[str]:
    """Give the lines of the table of what was measured."""
    yield "| measured | deliveries/s | CPU for a delivery | of PostgreSQL | memory of a process |"
    yield "|---|---|---|---|---|"
    for workers, cost in costs.items():
        name = f"PostgreSQL, {workers} × `chappe work`" if workers else "SQLite, `chappe up`"
        there = f"{cost.database_ms:.2f} ms" if workers else "–"
        yield f"| {name} | {cost.rate:.0f} | {cost.own_ms:.2f} ms | {there} | {cost.memory / MEGA:.0f} MB |"
    yield ""
    yield (
        f"A delivery leaves {space.always:.0f} bytes for ever, {space.explained:.0f} for {KEPT.days} days and "
        f"{space.events:.0f} for {EVENTS_KEPT.days} days in PostgreSQL, indexes included; in SQLite "
        f"{file.explained:.0f} in all."
    )


def sized(costs: dict[int, Cost], space: Space) -> Iterator[str]:
    """Give the lines of the table of what each instance needs, with the margin."""
    yield "| people, and deliveries an hour | processes | cores | memory | database after a year | connections |"
    yield "|---|---|---|---|---|---|"
    for people, workers in INSTANCES:
        cost = costs[min(workers, 2)]
        cores = people / SECONDS * (cost.own_ms + cost.database_ms) / 1_000 * MARGIN
        memory = cost.memory * max(workers, 1) * MARGIN / MEGA
        size = space.after(YEAR, people * POSTS_A_DAY) * MARGIN / 1e9
        name = f"{workers} × `chappe work`, `chappe serve`, PostgreSQL" if workers else "`chappe up`, SQLite"
        connections = str(CONNECTIONS * (workers + 1)) if workers else "–"
        busy = f"{cores:.2f}" if cores >= LEAST else f"under {LEAST}"
        cells = (f"{people:,}", name, busy, f"{memory:.0f} MB", f"{size:.1f} GB", connections)
        yield f"| {' | '.join(cells)} |"


def _sent(bench: Bench, scene: Scene, workers: int) -> tuple[Cost, Space]:
    """Let so many processes send everything; return what it cost, and what it left where that is PostgreSQL."""
    sizes, database = bench.sizes, scene.database
    count = sizes.accounts * sizes.posts
    bench.say(f"sizing: {count} deliveries over {'PostgreSQL' if database else 'SQLite'}: {workers}")
    journal = scene.folder.with_suffix(".journal")
    with ExitStack() as stack:
        url = stack.enter_context(peers.receiver(journal))
        run(furnish, str(scene.folder), url, sizes.accounts, ACME, database)
        empty = _bytes(scene)
        due = run(plan, str(scene.folder), database, 0, sizes.posts)
        mine = [psutil.Process(stack.enter_context(started(scene.program, scene)).process.pid) for _ in range(workers)]
        time.sleep(max(0, due - time.time() - 1))
        own, there = used(mine)[0], _server_cpu(database)
        _wait(Arrivals(journal), count)
        time.sleep(bench.sizes.rest)
        after, memory = used(mine)
        there = _server_cpu(database) - there
    entries = read_journal(journal)
    took = max(entry.at for entry in entries) - min(entry.at for entry in entries)
    each = 1_000 / count
    cost = Cost(count / max(took, 1e-3), (after - own) * each, there * each, memory / workers)
    return cost, _space(empty, _bytes(scene), count)


def _wait(arrivals: Arrivals, count: int) -> None:
    until = time.monotonic() + PATIENCE * 3
    while (arrived := arrivals.look()) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"{arrived} of {count} deliveries arrived.")
        time.sleep(0.05)


def _space(before: dict[str, int], after: dict[str, int], count: int) -> Space:
    grown = {name: (size - before.get(name, 0)) / count for name, size in after.items()}
    always, events = grown.pop("deliveries", 0.0), grown.pop("events", 0.0)
    return Space(always, sum(grown.values()), events)


def _bytes(scene: Scene) -> dict[str, int]:
    """Return how large each table is with its indexes, once all of them are packed; of SQLite the whole file."""
    if scene.database:
        return dict(_asked(scene.database, "VACUUM FULL", _SIZES))
    file = Path(scene.settings.database_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {"file": file.stat().st_size}


def _server_cpu(database: str) -> float:
    """Return the CPU seconds of a PostgreSQL on this machine, those of its processes that have ended included."""
    if not database:
        return 0.0
    server = psutil.Process(asyncio.run(_postmaster(database)))
    times = server.cpu_times()
    return used([server])[0] + times.children_user + times.children_system


async def _postmaster(database: str) -> int:
    """Return the process that has started the one which serves us."""
    connection = await asyncpg.connect(database)
    try:
        return psutil.Process(connection.get_server_pid()).ppid()
    finally:
        await connection.close()


def _asked(database: str, first: str, query: str) -> list[Any]:
    """Do the first, and return the rows of the query."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(first)
            return await connection.fetch(query)
        finally:
            await connection.close()

    return asyncio.run(ask())
