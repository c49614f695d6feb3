"""Why somebody did not get something, in Chappe's own words: as `chappe explain` tells it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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


class Reason(NamedTuple):
    """Why something did not go out: where it stands in a word, and Chappe's sentence."""

    word: str
    sentence: str


Reasons: TypeAlias = dict[tuple["Piece", str], Reason]
"""By the piece and the account's name."""


async def reasons(desk: Desk, pieces: Sequence[Piece]) -> Reasons:
    """Return why an account does not have a piece; where it was dropped, why nobody has it."""
    rows = await desk.store.read(posts.newest, desk.workspace.id, limit=MOST)
    found: Reasons = {}
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


def _told(story: Story) -> Iterable[tuple[str, Reason]]:
    for way in story.ways:
        for told in way.deliveries:
            row = told.delivery
            if row.state != State.SENT:
                yield row.account, Reason(row.state.replace("_", " "), row.detail or row.reason)
        for absent in way.absent:
            yield absent.account, Reason("no consent", absent.why)
        for line in way.traces:
            if line.what == "dropped":
                yield EVERYBODY, Reason("dropped", f"stopped at {line.node}: {line.sentence}")
