"""Versions of mappings: listed, read, compared, drawn, gone back to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from api import documents
from api.actions import changing, mapping_documents, naming, planning, versions
from api.deps import TheFace
from api.documents import TAGGED_ANSWER, YAML
from api.etags import in_form, tag_of, tagged, unless_known
from api.paging import Listed, ThePage
from api.routes.mappings import Editor, MappingName, Viewer, hands_of
from api.shapes import mappings as shapes
from api.shapes.mappings import Applied, DiffShown, RollbackIn, VersionItem, VersionShown
from mappings.changing.changes import Change
from mappings.compiling import compile_document
from mappings.drawing import FORMATS, as_dict

if TYPE_CHECKING:
    from engine.graph import Graph

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["mappings"])

LIST: Final = "versions"
_MEDIA: Final = {"mermaid": "text/vnd.mermaid", "dot": "text/vnd.graphviz", "svg": "image/svg+xml"}
DRAWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}}
        | {kind: {"schema": {"type": "string"}} for kind in _MEDIA.values()}
    }
}
_SAFE: Final = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}

Number = Annotated[int, Path(ge=1, le=999_999_999, description="The number of the version.")]
Which = Annotated[int | None, Query(ge=1, le=999_999_999, description="Which version; else the one that runs.")]


@router.get("/mappings/{name}/versions", summary="List versions of a mapping")
async def list_mapping_versions(face: TheFace, caller: Viewer, name: MappingName, page: ThePage) -> Listed[VersionItem]:
    """List the versions of a mapping, newest first: who made them, from what, and what each changed."""
    last = page.last_id(LIST)
    before = int(last) if last is not None and last.isdecimal() else None
    found = await versions.history(face.store, caller.workspace.id, name, before=before, limit=page.most)
    return page.body(LIST, found, shapes.told, lambda one: str(one.number))


@router.get(
    "/mappings/{name}/versions/{number}", summary="Show a version of a mapping", response_model=VersionShown,
    responses=TAGGED_ANSWER,
)  # fmt: skip
async def get_mapping_version(
    request: Request, face: TheFace, caller: Viewer, name: MappingName, number: Number
) -> Response:
    """Show a version with its document, as JSON or, with its comments, as YAML. It never changes."""
    version, found = await versions.with_text(face.store, caller.workspace.id, name, number)
    tag = tag_of("version", version.id)
    if documents.wanted_of(request) == YAML:
        return unless_known(request, documents.yaml_answer(found.text), in_form(tag, "yaml"))
    return tagged(request, shapes.version(version, await mapping_documents.data_of(found.text)), tag)


@router.get("/mappings/{name}/diff", summary="Compare versions of a mapping")
async def diff_mapping(
    face: TheFace,
    caller: Viewer,
    name: MappingName,
    old: Annotated[int, Query(ge=1, le=999_999_999, description="The number of the older version.")],
    new: Which = None,
) -> DiffShown:
    """Show what a version says otherwise than an older one, setting by setting. Comments and order do not count."""
    here = caller.workspace.id
    first = await versions.document_of(face.store, here, name, old)
    second = await versions.document_of(face.store, here, name, new)
    found = await asyncio.to_thread(versions.compared, first, second)
    return DiffShown.model_validate({"old": first.label, "new": second.label, "same": not found} | found.as_dict())


@router.get("/mappings/{name}/graph", summary="Draw a mapping", response_class=Response, responses=DRAWN)
async def draw_mapping(
    *,
    face: TheFace,
    caller: Viewer,
    name: MappingName,
    version: Which = None,
    drawn_as: Annotated[Literal["json", "mermaid", "dot", "svg"], Query(alias="format")] = "json",
) -> Response:
    """Draw a mapping from its sources to its sinks: as data, for Mermaid, for Graphviz, or as a picture."""
    found = await versions.document_of(face.store, caller.workspace.id, name, version)
    graph = await asyncio.to_thread(compile_document, found.text, face.registry, file=found.label)
    return await drawn_answer(graph, drawn_as)


async def drawn_answer(graph: Graph, drawn_as: str) -> Response:
    """Return a drawing: as data, for Mermaid, for Graphviz, or as a picture that can do nothing but be looked at."""
    if drawn_as == "json":
        return JSONResponse(as_dict(graph))
    drawn = await asyncio.to_thread(FORMATS[drawn_as], graph)
    return Response(drawn.encode(), media_type=_MEDIA[drawn_as], headers=_SAFE)


@router.post("/mappings/{name}/rollback", summary="Go back to an older version")
async def rollback_mapping(face: TheFace, caller: Editor, name: MappingName, body: RollbackIn) -> Applied:
    """Apply an older version of a mapping again: it becomes its newest. What is under way keeps its own version."""
    here, hands = caller.workspace.id, hands_of(face, caller)
    row = await naming.mapping(face.store, here, name)
    number, files = await planning.back(face.store, row, body.version)
    change = Change(here, files, origin=f"rollback to version {number}", by=caller.by)
    ready = await changing.prepared(hands, change)
    done = await mapping_documents.applied(hands, face.wake, ready, confirm=body.confirm, force=body.force)
    return shapes.applied(done, [shapes.finding(each) for each in done.findings])
