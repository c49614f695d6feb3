"""Call a post off: no further chunk of its routes is planned, what they hold is dropped, what is planned is cancelled.

First each route ends, in a transaction of its own: a worker that plans it sees that at its next chunk. Then its
deliveries end, chunk by chunk. Killed in between, it is called off again, and goes on where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.store import calling_off
from engine.store.calling_off import CalledOff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.person import Desk
    from engine.store.telling import Passage

CHUNK: Final = 1_000


async def call_off(
    desk: Desk, workspace_id: str, post_id: str, ways: Sequence[Passage], by: str, *, chunk: int = CHUNK
) -> CalledOff:
    """Call these ways of a post off; what is out, or may be, stays as it is."""
    done, now = CalledOff(), desk.clock.now
    for way in ways:
        done = done.and_(await desk.store.write(calling_off.route, workspace_id, way, post_id, by, now()))
    for way in ways:
        done = done.and_(CalledOff(deliveries=await _deliveries(desk, workspace_id, way, by, chunk)))
    return done


async def _deliveries(desk: Desk, workspace_id: str, way: Passage, by: str, chunk: int) -> int:
    """End the open deliveries of a way; returns how many."""
    count, last = 0, ""
    while True:
        last, ended = await desk.store.write(
            calling_off.deliveries, workspace_id, way, last, by, desk.clock.now(), most=chunk
        )
        count += ended
        if not last:
            return count
