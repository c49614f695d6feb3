"""Long work: look at it, follow it, cancel it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import JSONResponse, StreamingResponse

from api import operations as actions
from api.actions import calling_off
from api.deps import Caller, May, Role, TheFace
from api.given import Given
from api.listeners import written
from api.listening import follow
from api.openapi_words import located
from api.paging import Listed, ThePage
from api.routes.events import STREAM, EventStream
from api.shapes.common import Id
from api.shapes.operations import Operation
from engine.store import fanouts, operations
from engine.store.operations import RUNNING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from api.deps import Face
    from api.operations import Report

    Doing = Callable[[Report], Awaitable[dict[str, Any]]]
    from engine.store.operations import OperationRow

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["operations"])

LIST: Final = "operations"

Viewer = Annotated[Caller, May("operations:read", Role.VIEWER)]
Editor = Annotated[Caller, May("operations:write", Role.EDITOR)]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of long work may be narrowed to."""

    kind: Annotated[str | None, Query(max_length=32, description="Only work of this kind.")] = None


@router.get("/operations", summary="List long work")
async def list_operations(
    face: TheFace, caller: Viewer, page: ThePage, filters: Annotated[Filters, Given(Filters)]
) -> Listed[Operation]:
    """List the workspace's long work of the last 30 days, newest first."""
    rows = await face.store.read(
        operations.listed, caller.workspace.id, before=page.last_id(LIST), kind=filters.kind, limit=page.most
    )
    now = face.clock.now()
    return page.body(LIST, rows, lambda row: shape_of(row, now), lambda row: row.id)


@router.get("/operations/{operation_id}", summary="Show long work")
async def get_operation(face: TheFace, caller: Viewer, operation_id: Id) -> Operation:
    """Show how far it is, and once it has ended what came of it."""
    row = await face.store.read(operations.get, caller.workspace.id, operation_id)
    return shape_of(row, face.clock.now())


@router.post("/operations/{operation_id}/cancel", summary="Cancel long work")
async def cancel_operation(face: TheFace, caller: Editor, operation_id: Id) -> Operation:
    """Stop it: at once, or within seconds where another process does it. What it has done by then stays.

    Of a fan-out no further account is planned, and the deliveries that have not gone out are cancelled.
    """
    here = caller.workspace.id
    row = await face.store.read(operations.get, here, operation_id)
    if row.kind == fanouts.KIND and row.state == RUNNING:
        await calling_off.fan_out(face.desk(), here, row.id, caller.by)
        row = await face.store.read(operations.get, here, operation_id)
    else:
        row = await actions.cancel(face, here, operation_id)
    return shape_of(row, face.clock.now())


@router.get("/operations/{operation_id}/events", summary="Follow long work", responses=STREAM)
async def follow_operation(face: TheFace, caller: Viewer, operation_id: Id) -> StreamingResponse:
    """Stream its progress as server-sent events `progress`, each the whole operation; `end` is the last one."""

    def told(row: OperationRow) -> tuple[str, bool]:
        shape = shape_of(row, face.clock.now())
        ended = shape.state != RUNNING
        return written("end" if ended else "progress", shape.model_dump(mode="json")), ended

    return EventStream(await follow(face, caller, operation_id, told))


async def _prefers(
    prefer: Annotated[
        str | None,
        Header(description="`respond-async` (RFC 7240): do not wait, and answer 202 with an operation to follow."),
    ] = None,
) -> bool:
    words = (word.partition(";")[0].strip().lower() for word in (prefer or "").split(","))
    return "respond-async" in words


Later = Annotated[bool, Depends(_prefers)]
"""Whether the caller would rather not wait."""

LATER: Final[dict[int | str, dict[str, Any]]] = {202: {"model": Operation} | located(202)[202]}
"""The description of an answer to who would rather not wait."""


async def accepted(
    face: Face, caller: Caller, kind: str, work: Callable[[Report], Awaitable[dict[str, Any]]]
) -> Response:
    """Begin long work, and answer where it stands."""
    row = await actions.start(face, caller, kind, work)
    headers = {"location": f"/api/v1/workspaces/{caller.workspace.name}/operations/{row.id}"}
    shown = shape_of(row, face.clock.now()).model_dump(mode="json")
    return JSONResponse(shown, status.HTTP_202_ACCEPTED, headers)


async def now_or_later(face: Face, caller: Caller, kind: str, work: Doing, *, later: bool) -> Response:
    """Answer with what comes of work, or where it stands for who would rather not wait."""
    if not later:
        return JSONResponse(await work(actions.unheard))
    begun = await accepted(face, caller, kind, work)
    begun.headers["preference-applied"] = "respond-async"
    return begun


def shape_of(row: OperationRow, now: datetime) -> Operation:
    """Return an operation as the API shows it."""
    return Operation.model_validate({
        "id": row.id, "kind": row.kind, "state": row.state_at(now), "done": row.done, "total": row.total,
        "sentence": row.sentence, "by": row.by, "started_at": row.started_at, "ended_at": row.ended_at,
        "result": json.loads(row.result) if row.result else None,
        "error": json.loads(row.error) if row.error else None,
    })  # fmt: skip
