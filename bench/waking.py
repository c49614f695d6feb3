"""How long a delivery waits that falls due on an idle system: from its moment to its arrival at the receiver.

The embedded and the distributed system stand side by side, each with a receiver and a database of its own, and each has
nothing to do but one delivery a second and a bit, planned beforehand for an account of its own.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bench import peers
from bench.child import run
from bench.figures import Figure
from bench.scene import Scene, arrive, furnish
from bench.starting import started
from engine.run.route import route
from engine.store import tables
from tests.peers.postgres import start_postgres
from tests.peers.receiver import read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from bench.setting import Bench

MOST = 1.5
STARTS_WITHIN = 20.0
"""Seconds after which both have started and are at rest, when the first delivery falls due."""
PATIENCE = 60.0


def measure(bench: Bench) -> Iterator[Figure]:
    """Let both systems send what falls due, and take the p99 of each."""
    folder, count = bench.folder / "waking", bench.sizes.wakes
    folder.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(start_postgres(durable=True))
        due = {}
        for name, database in (("embedded", ""), ("distributed", server.create())):
            bench.say(f"wake to send: {name} gets ready")
            scene = Scene(folder / name, database)
            url = stack.enter_context(peers.receiver(folder / f"{name}.journal"))
            run(furnish, str(scene.folder), url, count, "acme", database)
            due[name] = run(plan, str(scene.folder), database, bench.sizes.step)
            stack.enter_context(started(scene.program, scene))
        bench.say(f"wake to send: {count} deliveries fall due")
        late = {name: _lateness(folder / f"{name}.journal", first, bench) for name, first in due.items()}
    for name, seconds in late.items():
        reached = seconds[int(len(seconds) * 0.99)]
        detail = f"{len(seconds)} deliveries; in the median {seconds[len(seconds) // 2]:.2f} s, most {seconds[-1]:.2f}"
        yield Figure(f"wake to send on an idle system, {name}: p99", reached, MOST, unit="s", detail=detail)


async def plan(folder: str, database: str, step: float, posts: int = 1) -> float:
    """Plan for everybody, each a step after the one before; returns when the first is due, in seconds since 1970."""
    core = Scene(Path(folder), database).runtime().core
    for post_id in await arrive(core.store, posts):
        await route(core, post_id)
    first = core.clock.now() + timedelta(seconds=STARTS_WITHIN)
    await core.store.write(_put_off, first, step)
    await core.store.close()
    return first.timestamp()


def _put_off(connection: Connection, first: datetime, step: float) -> None:
    """Let what is for the account `a7` be due seven steps after the first."""
    accounts, deliveries, lanes = tables.accounts, tables.deliveries, tables.lanes
    for account, name in connection.execute(select(accounts.c.id, accounts.c.name)).all():
        due = first + timedelta(seconds=step * int(name[1:]))
        connection.execute(update(deliveries).where(deliveries.c.account_id == account).values(due_at=due))
        connection.execute(update(lanes).where(lanes.c.account_id == account).values(next_due_at=due))


def _lateness(journal: Path, first: float, bench: Bench) -> list[float]:
    """Wait until all have arrived, and return the seconds from when each was due, the shortest first."""
    count, step = bench.sizes.wakes, bench.sizes.step
    until = first + step * count + PATIENCE
    while len(arrived := read_journal(journal)) < count:
        if time.time() > until:
            raise RuntimeError(f"{len(arrived)} of {count} deliveries arrived.")
        time.sleep(0.2)
    late = sorted(entry.at - first - step * int(entry.path[1:]) for entry in arrived)
    if late[0] < 0:
        raise RuntimeError(f"A delivery arrived {-late[0]:.2f} s before it was due.")
    return late
