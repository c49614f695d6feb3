"""The JSON Schema of mapping documents, for editors: every kind that is registered, with its settings.

It is written in draft 7, which every language server reads. A node is what its `kind` says by a condition for each
kind, so that an editor offers the settings of that kind alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from mappings.catalogue import by_role
from mappings.document import ENTRIES, MappingDocument
from mappings.schema_easing import eased

if TYPE_CHECKING:
    from pydantic import BaseModel

    from engine.contract.node import Node
    from engine.contract.registry import Registry

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_FOR_WHOM: Final = ("audience", "account", "accounts")


def mapping_schema(registry: Registry) -> dict[str, Any]:
    """Return the schema of a mapping document with these kinds; the same for the same kinds."""
    roles = by_role(registry)
    configs = dict.fromkeys(node.Config for nodes in roles.values() for node in nodes)
    models: list[type[BaseModel]] = [MappingDocument, *configs, *ENTRIES.values()]
    references, rest = models_json_schema([(model, "validation") for model in models])
    definitions = {name: eased(schema, heading=name) for name, schema in rest["$defs"].items()}
    shapes = _Shapes({model: references[model, "validation"] for model in models}, definitions)
    document = shapes.of(MappingDocument)
    for role, nodes in roles.items():
        section = document["properties"][role]
        section["patternProperties"] = dict.fromkeys(section["patternProperties"], shapes.any_of(ENTRIES[role], nodes))
        section["additionalProperties"] = False
    document["properties"]["operators"]["type"] = ["object", "null"]
    return _needed({"$schema": DIALECT, **document, "title": "Chappe mapping", "$defs": definitions})


class _Shapes:
    """The schemas of models, found by their models."""

    def __init__(self, references: dict[type[BaseModel], Any], definitions: dict[str, Any]) -> None:
        self._references = references
        self._definitions = definitions

    def of(self, model: type[BaseModel]) -> dict[str, Any]:
        """Return a copy of a model's schema."""
        schema = self._definitions[str(self._references[model]["$ref"]).rpartition("/")[2]]
        return {**schema, "properties": dict(schema.get("properties", {}))}

    def any_of(self, entry: type[BaseModel], nodes: list[type[Node[Any]]]) -> dict[str, Any]:
        """Return the schema of a node of a role: its kind, and for each kind what a node of it is."""
        common = self.of(entry)
        kinds = [{"const": node.kind, "title": node.title, "description": node.summary()} for node in nodes]
        return {
            "title": entry.__name__.removesuffix("Entry"),
            "type": "object",
            "properties": {"kind": {"type": "string", "oneOf": kinds}},
            "required": ["kind"],
            "allOf": [
                {"if": {"properties": {"kind": {"const": node.kind}}, "required": ["kind"]}, "then": one}
                for node, one in ((node, self._one(common, node)) for node in nodes)
            ],
        }

    def _one(self, common: dict[str, Any], node: type[Node[Any]]) -> dict[str, Any]:
        """Return the schema of a node of a kind: the keys of its role that it takes, and its settings."""
        own = self.of(node.Config)
        keys = common["properties"] | own["properties"]
        keys["kind"] = {"const": node.kind}
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
