"""Examples of bodies, made of what their JSON Schema says of each field. Pure."""

from __future__ import annotations

from typing import Any, Final

DEEPEST: Final = 8
"""A schema that holds itself is shown so many levels deep."""

_PLAIN: Final[dict[str, Any]] = {
    "string": "…", "integer": 1, "number": 1.0, "boolean": True, "null": None, "array": [], "object": {},
}  # fmt: skip


def sample(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Any:
    """Return a value that fits a schema of that document: its own example, else one made of its parts."""
    if "$ref" in schema and not schema.get("examples"):
        return sample(resolved(schema["$ref"], document), document, depth)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if "example" in schema:
        return schema["example"]
    if "const" in schema:
        return schema["const"]
    if schema.get("default") is not None:
        return schema["default"]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return sample(schema[name][0], document, depth)
    return _made(schema, document, depth)


def resolved(reference: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference within the document leads to."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return dict(found)


def _made(schema: dict[str, Any], document: dict[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array" and "prefixItems" in schema:
        return [sample(item, document, depth + 1) for item in schema["prefixItems"]]
    if kind == "array" and depth < DEEPEST and "items" in schema:
        return [sample(schema["items"], document, depth + 1)]
    if kind == "object" and depth < DEEPEST:
        fields = schema.get("properties") or {}
        return {name: sample(field, document, depth + 1) for name, field in fields.items()}
    if kind == "string" and schema.get("format") in _FORMS:
        return _FORMS[schema["format"]]
    return max(_PLAIN.get(str(kind)), schema["minimum"]) if "minimum" in schema else _PLAIN.get(str(kind))


_FORMS: Final = {
    "date-time": "2026-05-04T07:30:00Z",
    "date": "2026-05-04",
    "uuid": "0196a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "uri": "https://acme.example/news",
    "password": "…",
}
