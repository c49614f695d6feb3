"""Look: what a node wants to know of the network before it lets a post go is asked here, at the edge.

A look is kept with its post before the node is asked, so a worker that is killed looks once more at the most. A bad
look leaves the post waiting, with the sentence that says why; the node says when it looks again.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from engine.contract.context import LookContext
from engine.contract.operator import Held, Look
from engine.errors import ChappeError, RejectedError
from engine.ids import new_id
from engine.model.post import Post
from engine.run.media import Gallery
from engine.run.network import BoundHttp
from engine.run.opening import named_secrets
from engine.store import holds, looks, workspaces
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.content.card import PageCard
    from engine.contract.operator import LookingOperator
    from engine.run.core import Core
    from engine.store.holds import HoldRow

SEATS: Final = 4
"""So many posts of a node are looked for at the same time."""

MOST: Final = 24
"""So many before their node is asked; the others are looked for when it is asked again, at once."""

_WELL: Final = frozenset({"no_page", "no_card", "unreadable_page"})
"""A page that answers, and says nothing of itself."""


async def looked(core: Core, operator: LookingOperator[Any], rows: Sequence[HoldRow], now: datetime) -> list[HoldRow]:
    """Look for those for which it is time, and return what the node may be asked about now, as it stands."""
    wanted = [row for row in rows if _is_time(operator, row, now)]
    if not wanted:
        return list(rows)
    seats = asyncio.Semaphore(SEATS)
    found = await asyncio.gather(*(_looked(core, operator, row, seats) for row in wanted[:MOST]))
    after = {row.id: row for row in found if row is not None}
    return [after.get(row.id, row) for row in rows if row not in wanted or row.id in after]


def look_of(row: HoldRow, now: datetime) -> Look | None:
    """Return what was found when a node last looked for a post; a look that is still to come was made just now."""
    if not row.look:
        return None
    kept = json.loads(row.look)
    return Look(min(datetime.fromisoformat(kept["at"]), now), kept["good"], row.reason, kept["times"])


def _is_time(operator: LookingOperator[Any], row: HoldRow, now: datetime) -> bool:
    if row.revision or row.verdict in {holds.APPROVED, holds.REJECTED}:
        return False
    held = Held(row.id, Post.model_validate_json(row.document), min(row.since, now), look=look_of(row, now))
    return operator.looks(held, now)


async def _looked(core: Core, operator: LookingOperator[Any], row: HoldRow, seats: asyncio.Semaphore) -> HoldRow | None:
    """Look for one post and keep what came of it; None where it moved meanwhile."""
    post = Post.model_validate_json(row.document)
    async with seats:
        try:
            found = await operator.look(post, await _context(core, operator, row))
        except ChappeError as error:
            good, after, reason = False, post, str(error)
        else:
            good, after, reason = True, found.post, found.reason
    now = core.clock.now()
    changed, last = after != post, look_of(row, now)
    look = {"at": now.isoformat(), "good": good, "times": 1 + (last.times if last else 0)}
    kept = row._replace(
        look=json.dumps(look),
        reason=reason,
        document=after.model_dump_json() if changed else row.document,
        revision=row.revision + changed,
    )
    sentence = reason if after.text == post.text else f"{reason} The text was: {post.text}"
    told = Trace(new_id(), row.workspace_id, row.post_id, "looked", sentence, now, row.node, row.mapping_id)
    return kept if await core.store.write(looks.keep, row, kept, told if changed else None) else None


async def _context(core: Core, operator: LookingOperator[Any], row: HoldRow) -> LookContext:
    secrets: dict[str, str] = {}
    if operator.secrets():
        workspace = await core.store.read(workspaces.get, row.workspace_id)
        secrets = await named_secrets(core, row.workspace_id, workspace.data_key, operator.secrets())
    http = BoundHttp(core.http, operator, timeout=operator.look_seconds)
    return LookContext(http, _Pages(core), core.clock.now(), secrets)


class _Pages:
    """The pages behind addresses: `contract.context.Pages`."""

    def __init__(self, core: Core) -> None:
        self._gallery = Gallery(core)

    async def __call__(self, url: str) -> PageCard | None:
        """Return a page's card; raise TransientError or RejectedError where the page answers badly."""
        try:
            return await self._gallery.card(url)
        except RejectedError as error:
            if error.code in _WELL:
                return None
            raise
