"""The kinds that exist, as data: what the command line lists, the API serves and the canvas draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from engine.contract.sink import Sink
from mappings.document import ENTRIES

if TYPE_CHECKING:
    from engine.contract.node import Node
    from engine.contract.registry import Registry


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of node.

    `role` is source, operator or sink; `settings` the JSON Schema of what is its own, `common` the keys that all nodes
    of its role have; `account_kind` the platform of the accounts that it takes; `example` settings that are valid.
    """

    kind: str
    role: str
    title: str
    summary: str
    description: str
    icon: str
    account_kind: str | None
    settings: dict[str, Any]
    common: tuple[str, ...]
    example: dict[str, Any]
    limits: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        data: dict[str, Any] = to_jsonable_python(asdict(self))
        return data


def catalogue(registry: Registry) -> list[Card]:
    """Return every kind: sources, operators, sinks, each by name."""
    return [_card(role, kind) for role, kinds in by_role(registry).items() for kind in kinds]


def by_role(registry: Registry) -> dict[str, list[type[Node[Any]]]]:
    """Return the kinds of each role by their names: sources, operators, sinks."""
    return {
        "sources": [registry.sources[kind] for kind in sorted(registry.sources)],
        "operators": [registry.operators[kind] for kind in sorted(registry.operators)],
        "sinks": [registry.sinks[kind] for kind in sorted(registry.sinks)],
    }


def _card(role: str, kind: type[Node[Any]]) -> Card:
    entry = ENTRIES[role]
    return Card(
        kind=kind.kind,
        role=entry.role,
        title=kind.title,
        summary=kind.summary(),
        description=kind.description(),
        icon=kind.icon,
        account_kind=kind.account_kind,
        settings=kind.Config.model_json_schema(),
        common=entry.common_keys(),
        example=dict(kind.example),
        limits=asdict(kind.limits) if issubclass(kind, Sink) else {},
    )
