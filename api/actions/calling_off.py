"""Call off a post, in every mapping or in one; or a fan-out that is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api.actions import naming
from engine.errors import ConflictError
from engine.run.call_off import call_off
from engine.store import calling_off, telling

if TYPE_CHECKING:
    from engine.run.person import Desk
    from engine.store.calling_off import CalledOff
    from engine.store.telling import Passage


class Ended(NamedTuple):
    """What was called off, and how many deliveries are out, or may be: nobody can take them back from here."""

    done: CalledOff
    out: int


async def post(desk: Desk, workspace_id: str, post_id: str, by: str, mapping: str | None = None) -> Ended:
    """Call a post off; raises NotFoundError for a mapping that is not there, ConflictError where nothing is left."""
    if mapping is not None:
        await naming.mapping(desk.store, workspace_id, mapping)
    ways = await desk.store.read(telling.passages, workspace_id, post_id)
    return await _ended(desk, workspace_id, post_id, [way for way in ways if mapping in (None, way.mapping)], by)


async def fan_out(desk: Desk, workspace_id: str, route_id: str, by: str) -> Ended:
    """Call off the fan-out of that route; raises ConflictError where nothing is left."""
    found = await desk.store.read(telling.post_of_route, workspace_id, route_id)
    ways = await desk.store.read(telling.passages, workspace_id, found)
    return await _ended(desk, workspace_id, found, [way for way in ways if way.route_id == route_id], by)


async def _ended(desk: Desk, workspace_id: str, post_id: str, ways: list[Passage], by: str) -> Ended:
    done = await call_off(desk, workspace_id, post_id, ways, by)
    out = await desk.store.read(calling_off.may_be_out, workspace_id, [way.route_id for way in ways])
    if not done:
        told = f" {out} of its deliveries are out, or may be." if out else ""
        raise ConflictError(f"There is nothing of this post left to be cancelled.{told}")
    return Ended(done, out)
