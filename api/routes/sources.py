"""Sources: looked at, read now, and released after the flood guard held their posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter

from api.actions import naming, sourcing
from api.deps import Caller, May, Role, TheFace
from api.paging import Listed, ThePage
from api.shapes.common import Id
from api.shapes.running import HubShown, Released, ReleaseIn, SourceShown
from engine.store import hubs, joins, posts, sources
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.store import Connection
    from engine.store.sources import SourceRow

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["sources"])

Reads = Annotated[Caller, May("sources:read", Role.VIEWER)]
Writes = Annotated[Caller, May("sources:write", Role.EDITOR)]


@router.get("/sources", summary="List sources")
async def list_sources(face: TheFace, caller: Reads, page: ThePage) -> Listed[SourceShown]:
    """List the sources, oldest first: when each is read, and what is wrong with it."""
    after = page.last_id("sources") or ""
    rows = await face.store.read(_page, caller.workspace.id, after, page.most)
    return page.body("sources", rows, lambda row: row, lambda row: row.id)


@router.get("/sources/{source}", summary="Show a source")
async def show_source(face: TheFace, caller: Reads, source: Id) -> SourceShown:
    """Show a source."""
    row = await naming.source_of(face.store, caller.workspace.id, source)
    return (await face.store.read(_shown, caller.workspace.id, [row]))[0]


@router.post("/sources/{source}/poll", summary="Read a source now")
async def poll_source(face: TheFace, caller: Writes, source: Id) -> SourceShown:
    """Read a source now instead of at its next time; it is done within seconds."""
    row = await naming.source_of(face.store, caller.workspace.id, source)
    await sourcing.poll_now(face.store, row, face.clock.now())
    return await show_source(face, caller, source)


@router.post("/sources/{source}/release", summary="Decide about held posts")
async def release_source(face: TheFace, caller: Writes, source: Id, given: ReleaseIn) -> Released:
    """Let posts go on that were held because too many came at once, or skip them."""
    row = await naming.source_of(face.store, caller.workspace.id, source)
    posts = await sourcing.release(face.store, row, caller.by, face.clock.now(), skip=given.skip)
    return Released(posts=posts, skipped=given.skip)


@no_snapshot
def _page(connection: Connection, workspace_id: str, after: str, most: int) -> list[SourceShown]:
    return _shown(connection, workspace_id, sources.page(connection, workspace_id, after, most))


@no_snapshot
def _shown(connection: Connection, workspace_id: str, rows: Sequence[SourceRow]) -> list[SourceShown]:
    readers = joins.readers(connection, workspace_id, [row.id for row in rows])
    told = hubs.of_sources(connection, workspace_id, [row.id for row in rows])
    held = {row.id: posts.held_count(connection, row.id) for row in rows if row.state == sources.HELD}
    return [
        SourceShown(
            id=row.id, name=row.name, kind=row.kind, state=row.state, note=row.note, failures=row.failures,
            every_s=row.every_s, held=held.get(row.id, 0), mappings=readers.get(row.id, []),
            last_poll_at=row.last_poll_at, last_new_at=row.last_new_at, next_poll_at=row.next_poll_at,
            hub=HubShown.model_validate(told[row.id]) if row.id in told else None,
        )
        for row in rows
    ]  # fmt: skip
