"""What a request says of itself for the record of who changed what."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from api import recording
from api.problems import REQUEST_ID
from engine.ids import new_id
from engine.store import audit
from engine.store.audit import Entry

if TYPE_CHECKING:
    from fastapi import Request

    from api.face import Face
    from engine.clock import Clock

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MARGIN: Final = 3
"""How many parts of a path stand before what it names: `/api/v1/…`."""

_NAMING: Final = ("name", "title", "kind", "role", "state")
"""What is kept of a thing that is deleted."""


class Who(NamedTuple):
    """Who did something, where: without a workspace it concerns the instance."""

    by: str
    user_id: str | None = None
    workspace_id: str = ""


async def begin(request: Request, clock: Clock, by: str, user_id: str, workspace_id: str = "") -> None:
    """Say who acts by a request that changes something, from now on."""
    if request.method in SAFE:
        recording.end()
        return
    body, before = await request.body(), await _before(request)
    make = partial(_entry, request, body, before)
    recording.begin(lambda: make(clock=clock, by=by, user_id=user_id, workspace_id=workspace_id))


async def note(
    request: Request,
    face: Face,
    who: Who,
    *,
    what: str = "",
    about: tuple[str, str],
    given: dict[str, Any] | None = None,
) -> None:
    """Keep at once what somebody did that writes nothing else on their behalf: `about` is a kind and a name."""
    by, user_id, workspace_id = who
    entry = Entry(
        workspace_id=workspace_id, id=new_id(), at=face.clock.now(), by=by, user_id=user_id, face=audit.API,
        what=what or str(request.scope["route"].name), object_kind=about[0], object_name=about[1],
        before=recording.summary({}), given=recording.summary(given or {}), request_id=_request_id(request),
    )  # fmt: skip
    recording.end()
    await face.store.write(audit.write, entry)


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get(REQUEST_ID, ""))


def _entry(  # noqa: PLR0913  # what a request says, and who sends it
    request: Request, body: bytes, before: dict[str, Any], *, clock: Clock, by: str, user_id: str, workspace_id: str
) -> Entry:
    kind, name = named(request.url.path, request.scope["path_params"])
    given = _given(request, body)
    kept = {key: before.get(key) for key in (given or _NAMING) if key in before}
    return Entry(
        workspace_id=workspace_id,
        id=new_id(),
        at=clock.now(),
        by=by,
        user_id=user_id,
        face=audit.API,
        what=str(request.scope["route"].name),
        object_kind=kind,
        object_name=name or str(given.get("name", ""))[: recording.LONGEST],
        before=recording.summary(kept),
        given=recording.summary(given),
        request_id=_request_id(request),
    )


def named(path: str, parameters: dict[str, Any]) -> tuple[str, str]:
    """Return the kind and the name of what a path is about: `deliveries` and the id, or the kind alone. Pure."""
    parts = path.strip("/").split("/")[_MARGIN - 1 :]
    values = {str(value) for value in parameters.values()}
    if parts[:1] == ["workspaces"] and len(parts) > _MARGIN - 1:
        parts = parts[2:]
    for place in range(len(parts) - 1, 0, -1):
        if parts[place] in values:
            return parts[place - 1], parts[place]
    return parts[0], ""


def _given(request: Request, body: bytes) -> dict[str, Any]:
    """Return the body as the route has it, with secrets masked by its shape; nothing where it is no object."""
    field = getattr(request.scope["route"], "body_field", None)
    if field is None or not body:
        return {}
    try:
        value = _adapter(field.field_info.annotation).validate_json(body)
    except (ValidationError, TypeError):
        return {}
    shown = _adapter(field.field_info.annotation).dump_python(value, mode="json", exclude_unset=True, warnings=False)
    return shown if isinstance(shown, dict) else {}


@lru_cache(maxsize=256)
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


async def _before(request: Request) -> dict[str, Any]:
    """Return what the API shows, to the same caller, of what a request is to change or delete."""
    if request.method == "POST":
        return {}
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    headers = [pair for pair in request.scope["headers"] if not pair[0].startswith(b"if-")]
    state = {REQUEST_ID: request.scope["state"].get(REQUEST_ID)}
    scope = {**request.scope, "method": "GET", "headers": headers, "state": state, "query_string": b""}
    try:
        await request.app.router(scope, receive, send)
    except HTTPException:  # nothing is shown at this path
        return {}
    if messages[0]["status"] != 200 or len(messages) != 2:  # noqa: PLR2004  # the head, and all of a body that was small
        return {}
    shown = json.loads(messages[1]["body"])
    return shown if isinstance(shown, dict) else {}
