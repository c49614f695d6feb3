"""What passes a mapping, or one node of it, while it happens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.actions import naming
from api.moments import written
from engine.ids import earliest
from engine.store import mappings, passing
from engine.store.passing import Place
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.passing import Line
    from engine.store.unit import Store

EVERY: Final = 0.5
"""Seconds between two looks."""

LATE: Final = timedelta(seconds=30)
"""An id is made before its row is committed, and an attempt ends after it began: so far back each look goes."""

PAGE: Final = 1_000


async def place(store: Store, workspace_id: str, asked: str, registry: Registry) -> Place:
    """Return what a person means by MAPPING or MAPPING.NODE; raises NotFoundError."""
    name, dot, node = asked.partition(".")
    row = await naming.mapping(store, workspace_id, name)
    if not dot:
        return Place(workspace_id, row.id)
    if row.version_id is not None:
        graph = compile_document(await store.read(mappings.document, row.version_id), registry)
        known = (*graph.sources, *graph.operators, *graph.sinks)
        if node not in known:
            raise naming.missing("node", node, known, "The mapping has none.", f" in {name}")
    return Place(workspace_id, row.id, node)


async def follow(
    store: Store, clock: Clock, place: Place, since: datetime, *, forever: bool = True
) -> AsyncIterator[list[Line]]:
    """Give what happened since then and, `forever`, what happens: each once, in the order of time within a look."""
    async for lines in looks(store, clock, place, since, forever=forever):
        if lines:
            yield lines


async def looks(
    store: Store, clock: Clock, place: Place, since: datetime, *, forever: bool = True
) -> AsyncIterator[list[Line]]:
    """Give what each look finds, as `follow`; a list without a line where nothing has happened."""
    seen: dict[str, datetime] = {}
    begin = since
    while True:
        now = clock.now()
        lines = [line for read in (passing.told, passing.tried) for line in await _all(store, read, place, begin)]
        fresh = [line for line in lines if line.id not in seen and line.at >= since]
        yield sorted(fresh, key=lambda line: (line.at, line.id))
        if not forever:
            return
        begin = max(since, now - LATE)
        seen = {line.id: line.at for line in lines}
        await clock.sleep(EVERY)


def title_of(line: Line) -> str:
    """Return the title of the post of a line, or its text where it has none."""
    document = json.loads(line.document)
    return str(document.get("title") or document.get("text") or "")


def as_dict(line: Line) -> dict[str, Any]:
    """Return a line for JSON, without its post's title."""
    return {
        "at": written(line.at),
        "node": line.node,
        "what": line.what,
        "sentence": line.sentence,
        "post_id": line.post_id,
        "account": line.account,
    }


async def _all(store: Store, read: Callable[..., list[Line]], place: Place, begin: datetime) -> list[Line]:
    """Read page after page."""
    found: list[Line] = []
    after = earliest(begin)
    while True:
        page = await store.read(read, place, after, PAGE)
        found += page
        if len(page) < PAGE:
            return found
        after = page[-1].id.partition(":")[0]
