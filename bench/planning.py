"""Planning a post for a large audience, against the bare insertion of the same rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.child import run
from bench.figures import Figure, ratio
from bench.meter import Meter
from bench.scene import Scene, arrive, furnish
from engine.run.route import route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.setting import Bench

AUDIENCE = "large-audience"
TABLES = ("posts", "routes", "contents", "deliveries", "traces")
PREPARED = 2
"""So many of the tables hold rows that were there before the plan was made."""


def large_audience(bench: Bench) -> Scene:
    """Return the database with the large audience, made at the first time."""
    scene = Scene(bench.folder / AUDIENCE)
    if not scene.folder.exists():
        bench.say(f"making an audience of {bench.sizes.fan_out}")
        run(furnish, str(scene.folder), bench.receiver, bench.sizes.fan_out)
    return scene


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure both in turn, in each round."""
    template = large_audience(bench)
    planning, inserting = [], []
    for _ in bench.rounds("planning"):
        planned = template.copy("planning").folder
        planning.append(run(plan, str(planned), bench.sizes.fan_out)["wall"])
        inserting.append(run(insert, str(planned), str(template.copy("inserting").folder))["wall"])
    rates = [f"{bench.sizes.fan_out / median(took):.0f}" for took in (planning, inserting)]
    detail = f"{rates[0]} deliveries/s; executemany {rates[1]}"
    yield Figure("planning: rate against the insert loop", ratio(inserting, planning), 0.6, "least", detail=detail)


async def plan(folder: str, expected: int) -> Meter:
    """Route one post to everybody: audience, consents, rows, contents, trace."""
    core = Scene(Path(folder)).runtime().core
    [post_id] = await arrive(core.store, 1)
    with Meter() as meter:
        await route(core, post_id)
    await core.store.close()
    with sqlite3.connect(_file(folder)) as database:
        [count] = database.execute("SELECT count(*) FROM deliveries WHERE state = 'planned'").fetchone()
    if count != expected:
        raise RuntimeError(f"{count} of {expected} deliveries are planned.")
    return meter


def insert(planned: str, folder: str) -> Meter:
    """Insert the rows that were planned into a database that lacks them: one executemany a table, one transaction."""
    with sqlite3.connect(_file(planned)) as source:
        rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}  # noqa: S608  # our tables
    database = sqlite3.connect(_file(folder), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        database.execute(f"PRAGMA {pragma}")
    _write(database, {name: rows[name] for name in TABLES[:PREPARED]})
    with Meter() as meter:
        _write(database, {name: rows[name] for name in TABLES[PREPARED:]})
    database.close()
    return meter


def _write(database: sqlite3.Connection, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    for name, some in rows.items():
        places = ", ".join("?" * len(some[0]))
        database.executemany(f"INSERT INTO {name} VALUES ({places})", some)  # noqa: S608  # our tables
    database.execute("COMMIT")


def _file(folder: str) -> str:
    return Scene(Path(folder)).settings.database_url.removeprefix("sqlite:///")
