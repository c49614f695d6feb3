"""Why somebody did not get something, in Chappe's own words: as `chappe explain` tells it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from api.actions import explaining
from api.kinds import registry
from engine.model.delivery import State
from engine.store import deliveries, posts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.actions.connecting import Desk
    from api.actions.explaining import Story
    from api.demo.news import Piece
    from engine.store.deliveries import DeliveryRow
    from engine.store.posts import PostRow

MOST = 200
EVERYBODY = ""
"""Stands for all accounts, where a post went no further than a node."""


async def reasons(desk: Desk, pieces: Sequence[Piece]) -> dict[tuple[Piece, str], str]:
    """Return, for a piece and the name of an account that does not have it, why; for everybody where it was dropped."""
    rows = await desk.store.read(posts.newest, desk.workspace.id, limit=MOST)
    found: dict[tuple[Piece, str], str] = {}
    for piece in pieces:
        row = next((row for row in rows if _is(row, piece)), None)
        if row is not None:
            story = await explaining.explain(desk.store, row, registry(), desk.clock.now())
            found |= {(piece, account): why for account, why in _told(story)}
    return found


async def waiting(desk: Desk, piece: Piece | None = None) -> list[DeliveryRow]:
    """Return the deliveries that wait for somebody's yes, the oldest first; those of one piece, or all."""
    store, here = desk.store, desk.workspace.id
    found = await store.read(deliveries.listed, here, states=[State.WAITING], limit=MOST)
    if piece is None:
        return found[::-1]
    mine = {row.id for row in await store.read(posts.newest, here, limit=MOST) if _is(row, piece)}
    return [row for row in reversed(found) if row.post_id in mine]


def _is(row: PostRow, piece: Piece) -> bool:
    if piece.origin == "blog":
        return row.key == piece.mark
    return piece.mark in str(json.loads(row.document).get("text", ""))


def _told(story: Story) -> Iterable[tuple[str, str]]:
    for way in story.ways:
        for told in way.deliveries:
            if told.delivery.state != State.SENT:
                yield told.delivery.account, told.delivery.detail or told.delivery.state
        for absent in way.absent:
            yield absent.account, absent.why
        for line in way.traces:
            if line.what == "dropped":
                yield EVERYBODY, f"stopped at {line.node}: {line.sentence}"
