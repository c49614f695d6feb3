"""Sources: looked at, read now, and released after the flood guard held their posts."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter

from api.actions import naming, sourcing
from api.deps import Caller, May, Role, TheFace
from api.paging import Listed, ThePage
from api.shapes.common import Id
from api.shapes.running import Released, ReleaseIn, SourceShown
from engine.store import browsing

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["sources"])

Reads = Annotated[Caller, May("sources:read", Role.VIEWER)]
Writes = Annotated[Caller, May("sources:write", Role.EDITOR)]


@router.get("/sources", summary="List sources")
async def list_sources(face: TheFace, caller: Reads, page: ThePage) -> Listed[SourceShown]:
    """List the sources, oldest first: when each is read, and what is wrong with it."""
    after = page.last_id("sources") or ""
    rows = await face.store.read(browsing.page, caller.workspace.id, after, page.most)
    return page.body("sources", rows, SourceShown.model_validate, lambda row: row.id)


@router.get("/sources/{source}", summary="Show a source")
async def show_source(face: TheFace, caller: Reads, source: Id) -> SourceShown:
    """Show a source."""
    return SourceShown.model_validate(await face.store.read(browsing.one, caller.workspace.id, source))


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
