"""Mappings: listed, read, made, changed and ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response, status

from api import documents
from api.actions import changing, exporting, mapping_documents, mapping_status, pausing
from api.actions.changing import Hands
from api.deps import Caller, May, Role, TheFace
from api.documents import BODY, TAGGED_ANSWER, YAML
from api.etags import IfMatch, Now, Seen, in_form, tag_of, tagged, unless_known
from api.openapi_words import located
from api.paging import Listed, ThePage
from api.shapes import mappings as shapes
from api.shapes.common import Name
from api.shapes.mappings import (
    ExportedAll,
    Going,
    MappingItem,
    MappingShown,
    PauseIn,
    Removed,
    ResumeIn,
    StatusShown,
)
from engine.errors import ConflictError
from engine.store import mappings as rows
from engine.store import pauses
from engine.store.pauses import Scope
from mappings.changing.changes import Change

if TYPE_CHECKING:
    from api.actions.changing import Done
    from api.actions.mapping_documents import Running
    from api.deps import Face
    from api.documents import Sent
    from engine.store import Connection
    from engine.store.mappings import Shown, Version

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["mappings"])

LIST: Final = "mappings"
ORIGIN: Final = "the API"

Viewer = Annotated[Caller, May("mappings:read", Role.VIEWER)]
Editor = Annotated[Caller, May("mappings:write", Role.EDITOR)]
MappingName = Annotated[str, Path(max_length=200, description="The mapping, by name.", examples=["news"])]
Force = Annotated[bool, Query(description="Go on where it is kept in a repository.")]
Confirm = Annotated[bool, Query(description="Go on where posts wait at a node that goes away.")]


def hands_of(face: Face, caller: Caller) -> Hands:
    """Return what a change is carried out with."""
    return Hands(face.store, face.registry, face.clock, caller.workspace, lambda: face.vault)


@router.get("/mappings", summary="List mappings")
async def list_mappings(face: TheFace, caller: Viewer, page: ThePage) -> Listed[MappingItem]:
    """List the workspace's mappings by name."""
    here = caller.workspace.id
    found = await face.store.read(rows.page, here, after=page.last_id(LIST), limit=page.most)

    def item(shown: Shown) -> dict[str, Any]:
        row = shown.row
        state = mapping_status.shown(row.state, stopped=shown.paused)
        return {
            "id": row.id, "name": row.name, "title": row.title, "state": state, "version": shown.number,
            "updated_at": row.updated_at,
        }  # fmt: skip

    return page.body(LIST, found, item, lambda shown: shown.row.name)


@router.get("/mappings/{name}", summary="Show a mapping", response_model=MappingShown, responses=TAGGED_ANSWER)
async def get_mapping(request: Request, face: TheFace, caller: Viewer, name: MappingName) -> Response:
    """Show a mapping with the document by which it runs, as JSON or, with its comments, as YAML."""
    found = await mapping_documents.running(face.store, caller.workspace.id, name)
    tag = tag_of_running(found.version)
    if documents.wanted_of(request) == YAML:
        if found.version is None:
            raise ConflictError(f"No version of {name} runs: there is no document.")
        return unless_known(request, documents.yaml_answer(found.text), in_form(tag, "yaml"))
    return tagged(request, await _shown(found), tag)


@router.post(
    "/mappings", summary="Make a mapping", status_code=status.HTTP_201_CREATED, response_model=MappingShown,
    responses=located(201, tagged=True), openapi_extra=BODY,
)  # fmt: skip
async def create_mapping(request: Request, face: TheFace, caller: Editor) -> Response:
    """Make a mapping of a document, JSON or YAML, and let it run; refused where there is one of that name."""
    sent = await _sent(request)

    def seen(connection: Connection, name: str) -> None:
        del connection
        raise ConflictError(f"There is a mapping {name} already: change it by PUT.")

    change = Change(caller.workspace.id, sent.files, origin=ORIGIN, by=caller.by, seen=seen)
    done = await _put(face, caller, sent, change)
    return await _answered(face, caller, done.differences[0].mapping, status.HTTP_201_CREATED)


@router.put(
    "/mappings/{name}", summary="Change a mapping", response_model=MappingShown,
    responses={**located(200, tagged=True), 201: {"model": MappingShown} | located(201, tagged=True)[201]},
    openapi_extra=BODY,
)  # fmt: skip
async def put_mapping(  # noqa: PLR0913  # each is a part of the request
    *,
    request: Request,
    face: TheFace,
    caller: Editor,
    name: MappingName,
    if_match: Annotated[Seen, IfMatch()],
    force: Force = False,
    confirm: Confirm = False,
) -> Response:
    """Lint a document, JSON or YAML, save it as a version, and let the mapping run by it; makes one that is not there.

    With `If-Match`, only where nobody has changed it since.
    """
    sent = await _sent(request)
    here = caller.workspace.id

    def seen(connection: Connection, which: str) -> None:
        if_match.check(_now(mapping_documents.version_now(connection, here, which)))

    await _same_name(sent, name)
    change = Change(here, sent.files, origin=ORIGIN, by=caller.by, seen=seen)
    await _put(face, caller, sent, change, force=force, confirm=confirm)
    return await _answered(face, caller, name, status.HTTP_200_OK)


@router.delete("/mappings/{name}", summary="End a mapping")
async def delete_mapping(
    *, face: TheFace, caller: Editor, name: MappingName, if_match: Annotated[Seen, IfMatch()], force: Force = False
) -> Removed:
    """End a mapping: what waits in it is dropped, and what is not sent yet cancelled. Its versions stay."""
    here, now = caller.workspace.id, face.clock.now()
    await mapping_documents.refuse_kept(face.store, here, [name], force=force)

    def removed(connection: Connection) -> rows.Removed:
        row = rows.by_name(connection, here, name)
        if_match.check(_now(mapping_documents.version_now(connection, here, name)))
        return rows.remove(connection, here, row.id, now)

    done = await face.store.write(removed)
    return Removed(mapping=name, dropped=done.dropped, cancelled=done.cancelled)


@router.get("/mappings/{name}/status", summary="Show how a mapping does")
async def get_mapping_status(
    face: TheFace,
    caller: Viewer,
    name: MappingName,
    days: Annotated[int, Query(ge=1, le=366, description="So far back what has ended is counted.")] = 7,
) -> StatusShown:
    """Show what each node holds, what is due, waits, is blocked or in doubt, and what has ended lately."""
    back, now = timedelta(days=days), face.clock.now()
    [found] = await mapping_status.statuses(
        face.store, caller.workspace.id, face.registry, now, name=name, back=back
    )  # fmt: skip
    return shapes.status(found, mapping_status.WHATS)


@router.post("/mappings/{name}/pause", summary="Pause a mapping")
async def pause_mapping(face: TheFace, caller: Editor, name: MappingName, body: PauseIn) -> Going:
    """Stop a mapping at once; what is being sent at this moment finishes."""
    here, now = caller.workspace.id, face.clock.now()
    meant = await pausing.target(face.store, here, Scope.MAPPING, name)
    was = (meant.scope, meant.key) in await face.store.read(pauses.paused, here)
    await pausing.pause(face.store, meant, body.reason, now)
    return Going(was_paused=was, still_paused=[each.what for each in await pausing.switches(face.store, here)])


@router.post("/mappings/{name}/resume", summary="Resume a mapping")
async def resume_mapping(face: TheFace, caller: Editor, name: MappingName, body: ResumeIn) -> Going:
    """Let a mapping go on, and of what came in meanwhile what `missed` says."""
    here, now = caller.workspace.id, face.clock.now()
    meant = await pausing.target(face.store, here, Scope.MAPPING, name)
    if body.missed is None:
        was, _ = await pausing.resume(face.store, meant, now)
        still = await pausing.switches(face.store, here)
        return Going(was_paused=was, still_paused=[each.what for each in still])
    if not (await pausing.missed(face.store, meant, body.missed)).was_paused:
        raise ConflictError(f"The mapping {name} is not paused: it has missed nothing.")
    done = await pausing.resume_with(face.store, meant, body.missed, caller.by, now)
    still = await pausing.switches(face.store, here)
    return Going(
        was_paused=done.was_paused, go_on=done.go_on, skipped=done.skipped, still_paused=[each.what for each in still]
    )


@router.get("/mapping-documents", summary="Export mappings")
async def export_mappings(
    face: TheFace,
    caller: Viewer,
    name: Annotated[list[Name] | None, Query(max_length=500, description="Only these.")] = None,
) -> ExportedAll:
    """Give the documents by which mappings run as YAML, comments included, as they were saved."""
    found = await exporting.documents(face.store, caller.workspace.id, name)
    return ExportedAll.model_validate(
        {"items": [{"mapping": one.mapping, "version": one.version, "text": one.text} for one in found]}
    )


def tag_of_running(version: Version | None) -> str:
    """Return the ETag of a mapping: of the version that it runs by."""
    return tag_of("mapping", version.id if version else "")


def _now(version: Version | None) -> Now:
    if version is None:
        return Now(tag_of_running(None))
    return Now(tag_of_running(version), version.made_by, version.created_at)


async def _sent(request: Request) -> Sent:
    kind = documents.kind_of(request)
    body = await request.body()
    name = "mapping.yaml" if kind == YAML else "mapping.json"
    return await asyncio.to_thread(documents.sent, body, kind, name)


async def _same_name(sent: Sent, name: str) -> None:
    """Raise ConflictError where a document is another mapping than the path names."""
    [text] = sent.files.values()
    data = await mapping_documents.data_of(text)
    said = (data or {}).get("mapping")
    if isinstance(said, str) and said != name:
        raise ConflictError(f"The document is the mapping {said[:200]}, and the path names {name[:200]}.")


async def _put(
    face: Face, caller: Caller, sent: Sent, change: Change, *, force: bool = False, confirm: bool = False
) -> Done:
    hands = hands_of(face, caller)
    with sent.telling():
        ready = await changing.prepared(hands, change)
        return await mapping_documents.applied(hands, face.wake, ready, confirm=confirm, force=force)


async def _answered(face: Face, caller: Caller, name: str, code: int) -> Response:
    found = await mapping_documents.running(face.store, caller.workspace.id, name)
    shape = await _shown(found)
    place = f"/api/v1/workspaces/{caller.workspace.name}/mappings/{name}"
    headers = {"etag": tag_of_running(found.version), "location": place}
    return Response(shape.model_dump_json(), code, headers, "application/json")


async def _shown(found: Running) -> MappingShown:
    data = await mapping_documents.data_of(found.text) if found.version else None
    return shapes.mapping(found.row, found.version, data)
