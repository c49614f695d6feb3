"""What happens, as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from api.deps import Caller, May, Role, TheFace
from api.listening import listen
from api.paging import chosen
from engine.model.event import KINDS
from engine.store import accounts, mappings
from engine.store.events import Wanted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.listening import Following, Listening

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["events"])

HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A stream of server-sent events.", "content": {"text/event-stream": {}}}
}


@router.get("/events", summary="Stream what happens", responses=STREAM, response_class=StreamingResponse)
async def stream_events(  # noqa: PLR0913  # each is a filter that a caller may give
    *,
    face: TheFace,
    caller: Annotated[Caller, May("events:read", Role.VIEWER)],
    mapping: Annotated[str | None, Query(max_length=200, description="Only of this mapping, by name.")] = None,
    node: Annotated[str | None, Query(max_length=200, description="Only of nodes of this name.")] = None,
    account: Annotated[str | None, Query(max_length=200, description="Only of this account, by name.")] = None,
    kind: Annotated[list[str] | None, Query(max_length=40, description="Only of these kinds.")] = None,
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9a-f]{32}$", description="Go on after this event.")
    ] = None,
) -> StreamingResponse:
    """Stream events as they happen, as server-sent events: `id`, `event` (its kind) and `data`, a JSON document.

    Whoever sends `Last-Event-ID`, as browsers do by themselves, is told everything since, of the last 30 days. The
    stream ends with an event `end`, whose `reason` is `slow`, `renew` or `restarting`: open it again, and it goes on.
    """
    workspace_id = caller.workspace.id
    found = await face.store.read(mappings.by_name, workspace_id, mapping) if mapping else None
    owner = await face.store.read(accounts.by_name, workspace_id, account) if account else None
    wanted = Wanted(
        workspace_id,
        mapping_id=found.id if found else None,
        node=node,
        account_id=owner.id if owner else None,
        kinds=frozenset(chosen("kind", kind or (), tuple(KINDS))),
    )
    return EventStream(await listen(face, caller, wanted, last_event_id))


class EventStream(StreamingResponse):
    """A stream that is left however it ends."""

    def __init__(self, listening: Listening | Following) -> None:
        super().__init__(listening.stream(), media_type="text/event-stream", headers=HEADERS)
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._listening.leave()
