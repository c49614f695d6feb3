"""The OpenAPI document, completed with what only the whole application knows.

FastAPI describes paths, parameters and bodies. Who may call, how a caller proves it, which problems a route can answer
with, and which headers come along, follow from the marks in its signature (`May`, `SignedIn`, `IfMatch`, `ThePage`), so
no route can forget to say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.deps import Permission
from api.documents import YAML
from api.etags import Condition
from api.example_bodies import BODIES
from api.examples import sample
from api.given import asked_of
from api.openapi_links import link
from api.openapi_words import HEADERS, ID_HEADERS, KEYLESS, LIMIT_HEADERS, PARAMETERS, PROBLEM, SIGNING, TAGS, WORDS
from api.paging import Paged
from api.problem_list import PROBLEMS
from api.problems import MEDIA_TYPE
from api.scopes import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant
    from fastapi.routing import RouteContext
    from starlette.routing import BaseRoute

    from api.deps import SignedIn

    Guard = Permission | SignedIn | None

VERSIONED: Final = "/api/v1/"
_READS: Final = {"get", "head"}
_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}


def install(app: FastAPI) -> None:
    """Let the application describe itself whole."""
    described = app.openapi
    made: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        if not made:
            made.append(completed(described(), app.routes))
        return made[0]

    app.openapi = openapi  # type: ignore[method-assign]  # the place that FastAPI names for this


def completed(document: dict[str, Any], routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return FastAPI's description with what the marks of the routes say."""
    document |= {"servers": [{"url": "/", "description": "This instance."}], "tags": TAGS}
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components |= {"securitySchemes": SIGNING, "headers": HEADERS, "parameters": PARAMETERS, "responses": _problems()}
    for context, guard in guarded(routes):
        for method in context.methods or ():
            operation = document["paths"].get(str(context.path_format), {}).get(method.lower())
            if operation is not None:
                _complete(document, operation, (method.lower(), str(context.path_format)), context, guard)
    link(document)
    return document


def _complete(
    document: dict[str, Any], operation: dict[str, Any], place: tuple[str, str], context: RouteContext, guard: Guard
) -> None:
    """Add to one operation who may, the problems, the headers, and examples."""
    method, path = place
    marks = set(_marks(context.dependant))
    for asked in asked_of(context.dependant):
        parameters, schemas = asked.described()
        operation.setdefault("parameters", []).extend(parameters)
        document["components"]["schemas"] |= schemas
    operation["security"] = _security(method, guard, keyless=operation.pop(KEYLESS, False))
    if isinstance(guard, Permission):
        operation |= {"x-role": str(guard.needed), "x-scope": guard.scope}
    elif guard is not None:
        operation["x-role"] = "administrator" if guard.admin else "user"
    if guard is not None and method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    responses = operation["responses"]
    if "304" in responses:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
    for status in [status for status in responses if _is_problem(status, responses[status])]:
        del responses[status]
        if status in WORDS:
            responses[status] = {"$ref": f"#/components/responses/{WORDS[status]}"}
    for response in (one for one in responses.values() if "$ref" not in one):
        names = {**(response.get("headers") or {}), **ID_HEADERS}
        names |= LIMIT_HEADERS if path.startswith(VERSIONED) else {}
        names |= {"Link": {"$ref": "#/components/headers/Link"}} if "page" in marks else {}
        response["headers"] = names
    for status in sorted(_statuses(operation, place, guard, marks)):
        responses.setdefault(status, {"$ref": f"#/components/responses/{WORDS[status]}"})
    _show(document, operation)


def _is_problem(status: str, response: dict[str, Any]) -> bool:
    """Tell a status that a route names without words of its own, and what FastAPI says of it by itself."""
    return status in {"4XX", "5XX", "422"} or (status in WORDS and "content" not in response)


def _statuses(operation: dict[str, Any], place: tuple[str, str], guard: Guard, marks: set[str]) -> Iterator[str]:
    """Give the statuses of the problems that an operation can answer with."""
    method, path = place
    yield from ("400", "431", "5XX")
    if path.startswith(VERSIONED):
        yield "429"
    if guard is not None:
        yield from ("401", "403")
    if isinstance(guard, Permission) or "{" in path:
        yield "404"
    if guard is not None and method not in _READS:
        yield "409"
    if operation.get("parameters"):
        yield "422"
    if operation.get("requestBody"):
        yield from ("408", "413", "415", "422")
    if YAML in operation["responses"].get("200", {}).get("content", {}):
        yield "406"
    if "condition" in marks:
        yield "412"
    if "required condition" in marks:
        yield "428"


def _marks(dependant: Dependant) -> Iterator[str]:
    if isinstance(dependant.call, Paged):
        yield "page"
    if isinstance(dependant.call, Condition):
        yield "condition"
        if dependant.call.required:
            yield "required condition"
    for inner in dependant.dependencies:
        yield from _marks(inner)


def _security(method: str, guard: Guard, *, keyless: bool) -> list[dict[str, list[str]]]:
    """Return what proves who calls: a session, whose page proves itself too where something changes, or a key."""
    if guard is None:
        return []
    session: dict[str, list[str]] = {"session": []} if method in _READS else {"session": [], "csrf": []}
    keyless = keyless or (not isinstance(guard, Permission) and (guard.admin or method not in _READS))
    return [session] if keyless else [{"key": []}, session]


def _problems() -> dict[str, Any]:
    """Return the description of each status that is a problem."""
    found: dict[str, Any] = {}
    for status, name in WORDS.items():
        meant = [one for one in PROBLEMS if str(one.status) == status or (status == "5XX" and one.status >= 500)]  # noqa: PLR2004  # the class of server errors
        lines = [f"`{one.slug}` ({one.status}): {one.meaning}" for one in meant]
        example = {
            "type": meant[0].kind, "title": meant[0].title, "status": meant[0].status, "detail": meant[0].meaning,
            "instance": "0196a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        }  # fmt: skip
        headers = dict(ID_HEADERS)
        if status == "429":
            headers |= {**LIMIT_HEADERS, "Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
        found[name] = {
            "description": "\n\n".join(lines),
            "headers": headers,
            "content": {MEDIA_TYPE: {"schema": _SCHEMA, "example": example}},
        }
    return found


def _show(document: dict[str, Any], operation: dict[str, Any]) -> None:
    """Give each body in JSON an example that is made of those of its fields."""
    taken = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
    if taken is not None and operation["operationId"] in BODIES:
        taken["example"] = BODIES[operation["operationId"]]
    bodies = [operation.get("requestBody") or {}, *operation["responses"].values()]
    for body in bodies:
        for media_type, content in (body.get("content") or {}).items():
            if media_type == "application/json" and not {"example", "examples"} & content.keys():
                content["example"] = sample(content.get("schema") or {}, document)
