"""What follows from an answer: the links of the OpenAPI document, from lists and new things to the routes of one.

They follow from the paths: what `GET /deliveries` lists is what `/deliveries/{delivery}` and all below it are about.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.examples import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    Operation = dict[str, Any]


EVERYTHING: Final = "workspace}/"
"""All that is in a workspace: it follows from the workspace, and needs no link."""


def link(document: dict[str, Any]) -> None:
    """Add links to the answers of lists, and of what makes a thing and gives it back."""
    for path, operations in document["paths"].items():
        for method, status, within in (("get", "200", "/items/0"), ("post", "201", "")):
            answer = operations.get(method, {}).get("responses", {}).get(status, {})
            fields = _fields(answer, document, within)
            found = dict(_links(document, path, fields, within)) if fields else {}
            if found:
                answer["links"] = found


def _links(document: dict[str, Any], path: str, fields: set[str], within: str) -> Iterator[tuple[str, Operation]]:
    """Give a link to each operation on one of the things of a path, as long as nothing else must be known."""
    known = {part for part in path.split("/") if part.startswith("{")}
    for below, operations in document["paths"].items():
        rest = below.removeprefix(f"{path}/{{")
        if rest == below or "{" in rest or (not known and rest.startswith(EVERYTHING)):
            continue
        name = rest.split("}")[0]
        for operation in operations.values():
            field = _field(operation, name, fields)
            if field:
                said = {one.strip("{}"): f"$request.path.{one.strip('{}')}" for one in sorted(known)}
                parameters = {**said, name: f"$response.body#{within}/{field}"}
                yield operation["operationId"], {"operationId": operation["operationId"], "parameters": parameters}


def _field(operation: Operation, name: str, fields: set[str]) -> str | None:
    """Return the field of a thing that a parameter of that name means."""
    schema: dict[str, Any] = next((one["schema"] for one in operation["parameters"] if one.get("name") == name), {})
    by_id = (f"{name}_id", "id") if "pattern" in schema and "[0-9a-f]" in schema["pattern"] else ()
    return next((field for field in (*by_id, name, "name") if field in fields), None)


def _fields(answer: dict[str, Any], document: dict[str, Any], within: str) -> set[str]:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    shape = resolved(schema["$ref"], document) if "$ref" in schema else {}
    if within:
        item = shape.get("properties", {}).get("items", {}).get("items", {})
        shape = resolved(item["$ref"], document) if "$ref" in item else {}
    return set(shape.get("properties", ()))
