"""Many sources that have read their feed before: what the first of them remembers of it, under ids of their own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from bench.scene import ACME, Scene
from engine.ids import new_id
from engine.run.poll import Poller
from engine.store import mappings, tables, workspaces
from engine.store.joins import Reading
from engine.store.mappings import Draft

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.run.core import Core

EVERY = timedelta(minutes=15)


async def remember(folder: str, database: str, url: str, count: int, wait: float, spread: float) -> float:
    """Make so many sources; the first is due after `wait` seconds, the others evenly within `spread` seconds of that.

    Returns when the first is due, in seconds since 1970.
    """
    core = Scene(Path(folder), database).runtime().core
    async with core.http:
        first = await remembering(core, url)
    await core.offload.stop()
    due = core.clock.now() + timedelta(seconds=wait)
    await core.store.write(copies, first, [due + timedelta(seconds=spread * number / count) for number in range(count)])
    await core.store.close()
    return due.timestamp()


async def remembering(core: Core, url: str) -> str:
    """Make a source of a mapping and poll it once; returns its id."""
    first = await core.store.write(_source, url, core.clock.now())
    poller = Poller(core)
    await poller.poll(first)
    await poller.settle()
    return first


def _source(connection: Connection, url: str, now: datetime) -> str:
    workspace = workspaces.by_name(connection, ACME)
    saved = mappings.save_version(connection, workspace.id, Draft("bench", "", "", "hash"), now)
    reading = Reading("page", "feed", "page", f'{{"url": "{url}"}}', EVERY)
    joined = mappings.activate(connection, workspace.id, saved.version_id, "", [reading], now)
    return joined.sources["page"]


def copies(connection: Connection, first: str, due: list[datetime]) -> list[str]:
    """Make a source for each of these times, at which it is due; the first is not due any more. Returns their ids."""
    sources = tables.sources
    mine = sources.c.id == first
    row = dict(connection.execute(select(sources).where(mine)).mappings().one())
    made = [row | {"id": (key := new_id()), "identity": key, "next_poll_at": at, "created_at": at} for at in due]
    connection.execute(insert(sources), made)
    connection.execute(sources.update().where(mine).values(next_poll_at=None))
    return [one["id"] for one in made]
