"""Errors as answers: every one becomes a problem of RFC 9457, `application/problem+json`.

`type` is an address on this instance that explains the problem, `detail` the sentence, `instance` the id under which
the request stands in the log and in `X-Request-Id`, and `errors` name places: a JSON pointer (RFC 6901) within the
body, or a parameter outside it. A finding of a mapping has its line and column as well.
"""

from __future__ import annotations

import html
import json
import math
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from api import problem_list
from api.by_route import told, told_with_members
from api.errors import (
    BadRequestError,
    Fault,
    InProgressError,
    UnauthenticatedError,
    UnprocessableError,
    UsageError,
    pointer_to,
)
from api.methods import taken
from api.problem_list import BAD_REQUEST, BY_SLUG, BY_STATUS, INTERNAL, INVALID, NOT_FOUND, PATH, problem_of
from api.written import asked_by
from engine.errors import ChappeError, NotFoundError, RateLimitedError, RejectedError
from mappings.findings import Finding, FindingsError
from mappings.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

    from api.problem_list import Problem

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "request_id"
"""Where the request's id stands in the state of its scope."""

MOST: Final = 100
"""Places that one answer names."""

LONGEST: Final = 500
"""Characters of a pointer; a longer one is of the caller's own making, and helps nobody."""

_BODY: Final = "body"
_PAGE: Final = Template(files("api").joinpath("pages", "problem.html").read_text(encoding="utf-8"))

SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong, in the form of RFC 9457.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "An address on this instance that explains the problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, why, and what to do."},
        "instance": {"type": "string", "description": "The request's id, as in `X-Request-Id` and in the log."},
        "errors": {
            "type": "array",
            "description": "Each single thing that is not right, with its place.",
            "items": {
                "type": "object",
                "description": "One thing that is not right.",
                "required": ["detail", "code"],
                "properties": {
                    "detail": {"type": "string", "description": "What is not right, and what to do."},
                    "code": {"type": "string", "description": "What kind of mistake it is, for programs."},
                    "pointer": {"type": "string", "description": "A JSON pointer into the body."},
                    "parameter": {"type": "string", "description": "A parameter of the path, query or headers."},
                },
            },
        },
    },
}
IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A text of your own for this one request, such as a UUID: sent again within a day, the same request "
    "gets the same answer, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_CONTENT: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "The request cannot be done so; the problem says why.", "content": _CONTENT},
    "5XX": {"description": "The service cannot do it; the problem says why.", "content": _CONTENT},
}
"""What every route of the API may answer besides its own."""

router: Final = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("/{slug}")
async def explained(slug: str, request: Request) -> Response:
    """Explain a problem: a page for people, JSON for those who ask for it."""
    problem = BY_SLUG.get(slug)
    if problem is None:
        raise NotFoundError(f"There is no problem called “{slug[:80]}”.")
    if "text/html" not in request.headers.get("accept", ""):
        names = ("slug", "status", "title", "meaning", "remedy")
        return JSONResponse({name: getattr(problem, name) for name in names})
    words = {name: html.escape(str(getattr(problem, name))) for name in ("status", "title", "meaning", "remedy")}
    return HTMLResponse(_PAGE.substitute(words))


class _ProblemResponse(JSONResponse):
    """A problem as JSON: what a caller sent may stand in it, and may be no Unicode."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem, and explain its problems."""
    app.add_exception_handler(ChappeError, _chappe)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)
    app.include_router(router)


def answer(
    scope: Mapping[str, Any],
    problem: Problem,
    detail: str,
    *,
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem as the answer to the request of that scope."""
    body: dict[str, Any] = {
        "type": problem.kind, "title": problem.title, "status": problem.status, "detail": detail,
        "instance": request_id(scope),
    }  # fmt: skip
    if listed := list(errors)[:MOST]:
        body["errors"] = listed
    return _ProblemResponse(body, problem.status, {"cache-control": "no-store", **(headers or {})})


def request_id(scope: Mapping[str, Any]) -> str:
    """Return the id of a request; empty where nobody gave it one."""
    state: MutableMapping[str, Any] = scope.get("state") or {}
    return str(state.get(REQUEST_ID, ""))


async def _chappe(request: Request, error: Any) -> Response:
    return answer(
        request.scope, problem_of(error), _sentence(error), errors=_places(error), headers=_headers(request, error)
    )


async def _invalid(request: Request, error: Any) -> Response:
    errors = error.errors()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if any(one["loc"] == (_BODY,) and isinstance(one["input"], bytes) for one in errors):
        detail = f"The body is {f'“{kind[:60]}”' if kind else 'of no media type'}: send it as application/json."
        return answer(request.scope, problem_list.UNSUPPORTED, detail)
    malformed = any(one["type"] == "json_invalid" for one in errors)
    count = "One value is" if len(errors) == 1 else f"{len(errors)} values are"
    detail = "The body is not JSON." if malformed else f"{count} not right."
    return answer(request.scope, BAD_REQUEST if malformed else INVALID, detail, errors=map(_one_invalid, errors))


async def _http(request: Request, error: Any) -> Response:
    problem = BY_STATUS.get(error.status_code, BAD_REQUEST if error.status_code < INTERNAL.status else INTERNAL)
    detail, headers = problem.meaning, error.headers
    if problem is NOT_FOUND:
        detail = f"There is nothing at {request.url.path[:200]}."
    elif problem.status == problem_list.METHOD_NOT_ALLOWED.status:
        allowed = taken(request.app.routes, request.url.path)
        detail, headers = f"{request.url.path[:200]} takes {allowed}, not {request.method[:20]}.", {"allow": allowed}
    elif problem in {problem_list.NOT_ACCEPTABLE, problem_list.UNSUPPORTED}:
        detail = str(error.detail)
    return answer(request.scope, problem, detail, headers=headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    del error  # the server logs it under the request's id; the caller learns nothing of it
    detail = "An error that nobody foresaw; it is in the log under the id in `instance`."
    headers = {"x-request-id": request_id(request.scope), "x-content-type-options": "nosniff"}
    return answer(request.scope, INTERNAL, detail, headers=headers)


def _sentence(error: ChappeError) -> str:
    if isinstance(error, FindingsError):
        count = len(error.findings)
        return "There is one finding." if count == 1 else f"There are {count} findings."
    return told_with_members(str(error))


def _places(error: ChappeError) -> Iterable[Mapping[str, Any]]:
    if isinstance(error, FindingsError):
        return map(finding, error.findings)
    if isinstance(error, BadRequestError | UnprocessableError):
        return map(_fault, error.faults)
    if isinstance(error, UsageError) and (error.pointer or error.parameter):
        return (_fault(Fault(_sentence(error), "unusable", error.pointer, error.parameter)),)
    if isinstance(error, RejectedError):
        return ({"detail": _sentence(error), "code": error.code},)
    return ()


def finding(found: Finding) -> dict[str, Any]:
    """Return a finding as an entry of `errors`: its fields, its place as a JSON pointer too, and what to do.

    One that has no line is on a document that came as JSON.
    """
    fields = found.as_dict()
    if not found.line:
        del fields["line"], fields["column"]
    entry = {"pointer": found.pointer, "detail": told(fields.pop("sentence")), **fields}
    return entry | ({"remedy": told(RULES[found.code].remedy)} if found.code in RULES else {})


def _fault(fault: Fault) -> dict[str, str]:
    fields = {"pointer": fault.pointer, "parameter": fault.parameter, "detail": fault.detail, "code": fault.code}
    return {name: value for name, value in fields.items() if value is not None}


def _one_invalid(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return one of FastAPI's errors, never with the value that was given: it may be a password."""
    where, *path = error["loc"] or (_BODY,)
    sentence = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    if error["type"] == "string_pattern_mismatch":
        sentence = asked_by(error["ctx"]["pattern"])
    entry = {"detail": f"{sentence}.", "code": str(error["type"])}
    if where != _BODY:
        return {"parameter": ".".join(map(str, path)) or str(where), **entry}
    if error["type"] == "json_invalid":
        reason = (error.get("ctx") or {}).get("error", "")
        return {"pointer": "", **entry, "detail": f"{sentence}: {reason}, at character {path[0]}."}
    place = pointer_to(path)
    return {"pointer": place, **entry} if len(place) <= LONGEST else entry


def _headers(request: Request, error: ChappeError) -> dict[str, str]:
    if isinstance(error, UnauthenticatedError):
        return {"www-authenticate": 'Bearer realm="chappe"'}
    if isinstance(error, InProgressError):
        return {"retry-after": "1"}
    if isinstance(error, RateLimitedError):
        wait = error.wait.total_seconds() if error.wait else None
        if error.until is not None:
            wait = (error.until - request.app.state.face.clock.now()).total_seconds()
        return {} if wait is None else {"retry-after": str(max(1, math.ceil(wait)))}
    return {}
