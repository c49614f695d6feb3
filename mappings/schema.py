"""The JSON Schema of mapping documents, for editors: every kind that is registered, with its settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from mappings.catalogue import by_role
from mappings.document import ENTRIES, MappingDocument

if TYPE_CHECKING:
    from pydantic import BaseModel

    from engine.contract.node import Node
    from engine.contract.registry import Registry

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FOR_WHOM: Final = ("audience", "account", "accounts")


def mapping_schema(registry: Registry) -> dict[str, Any]:
    """Return the schema of a mapping document with these kinds; the same for the same kinds."""
    roles = by_role(registry)
    configs = dict.fromkeys(node.Config for nodes in roles.values() for node in nodes)
    models: list[type[BaseModel]] = [MappingDocument, *configs, *ENTRIES.values()]
    references, rest = models_json_schema([(model, "validation") for model in models])
    shapes = _Shapes({model: references[model, "validation"] for model in models}, rest["$defs"])
    document = shapes.of(MappingDocument)
    for role, nodes in roles.items():
        kinds = [shapes.node(ENTRIES[role], node) for node in nodes]
        section = document["properties"][role]
        section["patternProperties"] = {pattern: {"oneOf": kinds} for pattern in section["patternProperties"]}
        section["additionalProperties"] = False
    schema = {**document, "$schema": DIALECT, "title": "Chappe mapping", "$defs": rest["$defs"]}
    given: dict[str, Any] = _given(_needed(schema))
    return given


class _Shapes:
    """The schemas of models, found by their models."""

    def __init__(self, references: dict[type[BaseModel], Any], definitions: dict[str, Any]) -> None:
        self._references = references
        self._definitions = definitions

    def of(self, model: type[BaseModel]) -> dict[str, Any]:
        """Return a copy of a model's schema."""
        schema = self._definitions[str(self._references[model]["$ref"]).rpartition("/")[2]]
        return {**schema, "properties": dict(schema.get("properties", {}))}

    def node(self, entry: type[BaseModel], node: type[Node[Any]]) -> dict[str, Any]:
        """Return the schema of a node: the keys of its role that its kind takes, and the settings of its kind."""
        common, own = self.of(entry), self.of(node.Config)
        keys = common["properties"] | own["properties"]
        keys["kind"] = {**keys["kind"], "const": node.kind}
        if node.account_kind is None:
            keys = {key: schema for key, schema in keys.items() if key not in _FOR_WHOM}
        return {
            "title": node.title,
            "description": node.summary(),
            "type": "object",
            "properties": keys,
            "required": [*common.get("required", []), *own.get("required", [])],
            "additionalProperties": False,
            "examples": [{"kind": node.kind, **node.example}],
        }


def _needed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without the definitions that nothing in it refers to."""
    definitions = schema["$defs"]
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    needed: dict[str, Any] = {}
    ahead = [rest]
    while ahead:
        text = json.dumps(ahead.pop())
        found = [name for name in definitions if name not in needed and f'"#/$defs/{name}"' in text]
        needed |= {name: definitions[name] for name in found}
        ahead += [definitions[name] for name in found]
    return {**rest, "$defs": {name: needed[name] for name in sorted(needed)}}


def _given(schema: Any) -> Any:
    """Return a schema in which a value is left out or given: a key with nothing behind it is refused."""
    if isinstance(schema, list):
        return [_given(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _given(value) for key, value in schema.items() if not (key == "default" and value is None)}
    if isinstance(kept.get("anyOf"), list) and len(kept["anyOf"]) == 1:
        return {**kept.pop("anyOf")[0], **kept}
    return kept
