"""What passes a mapping while it happens, as server-sent events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.actions import tapping
from api.deps import TheFace
from api.errors import UsageError
from api.listeners import written
from api.listening import LONGEST
from api.routes.events import HEADERS, STREAM
from api.routes.mappings import MappingName, Viewer
from engine.model.duration import Duration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from api.deps import Face
    from engine.store.passing import Place

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["mappings"])

TITLE: Final = 200
"""Characters of a post that stand for it."""

NodeName = Annotated[str, Path(max_length=200, description="A node of it.", examples=["partners"])]
Since = Annotated[str, Query(max_length=20, description="Begin so long ago, such as 2h.")]
Follow = Annotated[bool, Query(description="Go on; else end with what has happened.")]


@router.get("/mappings/{name}/tap", summary="Stream what passes a mapping", responses=STREAM)
async def tap_mapping(
    face: TheFace, caller: Viewer, name: MappingName, since: Since = "", *, follow: Follow = True
) -> StreamingResponse:
    """Stream what each node does with each post, and every try to publish, as server-sent events `line`."""
    place = await tapping.place(face.store, caller.workspace.id, name, face.registry)
    return _streamed(face, place, since, follow=follow)


@router.get("/mappings/{name}/nodes/{node}/tap", summary="Stream what passes a node", responses=STREAM)
async def tap_node(  # each is a part of the request
    face: TheFace, caller: Viewer, name: MappingName, node: NodeName, since: Since = "", *, follow: Follow = True
) -> StreamingResponse:
    """Stream what one node does with each post, as server-sent events `line`; `end` is the last one."""
    place = await tapping.place(face.store, caller.workspace.id, f"{name}.{node}", face.registry)
    return _streamed(face, place, since, follow=follow)


def _streamed(face: Face, place: Place, since: str, *, follow: bool) -> StreamingResponse:
    try:
        ago = Duration.parse(since) if since else timedelta(0)
    except ValueError as error:
        raise UsageError(f"`since`: {error}", parameter="since") from None
    lines = _lines(face, place, face.clock.now() - ago, follow=follow)
    return StreamingResponse(lines, media_type="text/event-stream", headers=HEADERS)


async def _lines(face: Face, place: Place, begin: datetime, *, follow: bool) -> AsyncIterator[str]:
    until = face.clock.monotonic() + LONGEST.total_seconds()
    yield ": what passes\n\n"
    async for looked in tapping.looks(face.store, face.clock, place, begin, forever=follow):
        for line in looked:
            yield written("line", tapping.as_dict(line) | {"title": tapping.title_of(line)[:TITLE]})
        if face.listeners.closed or face.clock.monotonic() >= until:
            break
        if not looked:
            yield ": still here\n\n"
    yield written("end", {"reason": "restarting" if face.listeners.closed else "renew" if follow else "done"})
