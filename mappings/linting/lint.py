"""Everything that is wrong with a mapping, at once, without a network and without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.errors import MappingError
from mappings.document import ENTRIES, ROLES, MappingDocument
from mappings.findings import clipped, did_you_mean, has_errors, there_are
from mappings.known import Known
from mappings.linting.amounts import remark_amounts
from mappings.linting.case_checks import remark_tests
from mappings.linting.sense import remark_sense
from mappings.linting.unfilled import unfilled
from mappings.linting.ways import Ways, flows_of
from mappings.linting.wiring import Sketch, remark_wiring
from mappings.linting.workspace import remark_unknown
from mappings.reading.loading import load
from mappings.refusals import remark_refused
from mappings.rules import shape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from engine.contract.node import Node
    from engine.contract.registry import Registry
    from mappings.document import Entry
    from mappings.findings import Finding, Path
    from mappings.known import Flow, Load
    from mappings.reading.loaded import Loaded


@dataclass(slots=True)
class Checked:
    """A document with everything that was remarked on it.

    `document` is None, and a node is missing from `nodes`, where they have errors. `flows` are what it carries between
    accounts, `loads` how much comes to its sinks, where that is known.
    """

    loaded: Loaded
    document: MappingDocument | None = None
    nodes: dict[str, Node[Any]] = field(default_factory=dict)
    flows: tuple[Flow, ...] = ()
    loads: tuple[Load, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """Return the remarks from top to bottom."""
        return sorted(self.loaded.findings, key=lambda finding: (finding.line, finding.column, finding.code))

    @property
    def usable(self) -> bool:
        """Tell whether the mapping can be compiled."""
        return self.document is not None and not has_errors(self.loaded.findings)


def lint(
    source: str | bytes,
    file: str,
    registry: Registry,
    *,
    parameters: Mapping[str, str] | None = None,
    known: Known | None = None,
    today: date | None = None,
) -> list[Finding]:
    """Return every remark on a mapping, from top to bottom; never raises for what is in it.

    With `known`, accounts and audiences are looked up too; with `today`, what depends on the day.
    """
    return check(source, file, registry, parameters=parameters, known=known, today=today).findings


def check(
    source: str | bytes,
    file: str,
    registry: Registry,
    *,
    parameters: Mapping[str, str] | None = None,
    known: Known | None = None,
    today: date | None = None,
) -> Checked:
    """Read and lint a mapping, and return what was made of it on the way."""
    checked = Checked(load(source, file, parameters))
    if checked.loaded.data is None:
        return checked
    sketch = Sketch(checked.nodes)
    for role in ROLES:
        section = checked.loaded.data.get(role)
        for name, data in section.items() if isinstance(section, dict) else ():
            _node(checked, sketch, registry, (role, name), data)
    checked.document = _document(checked.loaded)
    if remark_wiring(checked.loaded, sketch, known):
        ways = Ways(sketch)
        remark_sense(checked.loaded, ways, today, known)
        checked.flows = tuple(flows_of(sketch, str(checked.loaded.data.get("mapping"))))
        checked.loads = tuple(remark_amounts(checked.loaded, ways, known or Known()))
    remark_tests(checked.loaded, sketch)
    if known is not None:
        remark_unknown(checked.loaded, sketch, known)
    return checked


def _document(loaded: Loaded) -> MappingDocument | None:
    try:
        return MappingDocument.model_validate(loaded.data)
    except ValidationError as error:
        remark_refused(loaded, error, MappingDocument, owner="a mapping")
        return None


def _node(checked: Checked, sketch: Sketch, registry: Registry, path: Path, data: Any) -> None:
    """Make one node of its settings, and remark on what stands in the way."""
    role, name = str(path[0]), str(path[1])
    loaded = checked.loaded
    if name in sketch.roles:
        sentence = f"`{name}` is also the name of one of the {sketch.roles[name]}. Give one of them another name."
        loaded.add(shape.SAME_NAME, path, sentence, key=True)
        return
    entry = ENTRIES[role]
    sketch.add(role, name, data)
    _remark_empty(loaded, path, data)
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str):
        return
    found = _kind(loaded, registry, (*path, "kind"), role, kind)
    if found is not None:
        sketch.kinds[name] = found
        node = _made(loaded, found, entry, path, data)
        if node is not None:
            checked.nodes[name] = node


def _remark_empty(loaded: Loaded, path: Path, value: Any) -> None:
    """Remark on every key of a node that has nothing behind it: a line that somebody meant to finish."""
    if value is None:
        loaded.add(shape.BAD_VALUE, path, "This is empty. Write a value, or delete the key.")
        loaded.spoiled.add(loaded.where(path)[1])
    elif isinstance(value, dict):
        for key, inner in value.items():
            _remark_empty(loaded, (*path, key), inner)
    elif isinstance(value, list):
        for nth, inner in enumerate(value):
            _remark_empty(loaded, (*path, nth), inner)


def _kind(loaded: Loaded, registry: Registry, path: Path, role: str, kind: str) -> type[Node[Any]] | None:
    shelves: dict[str, Mapping[str, type[Node[Any]]]] = {
        "sources": registry.sources,
        "operators": registry.operators,
        "sinks": registry.sinks,
    }
    if kind in shelves[role]:
        return shelves[role][kind]
    right = [other for other, shelf in shelves.items() if kind in shelf]
    if right:
        sentence = f"`{kind}` is one of the {right[0]}. Move `{path[1]}` to `{right[0]}:`."
        loaded.add(shape.WRONG_ROLE, path, sentence)
        return None
    advice = did_you_mean(kind, shelves[role]) or there_are(sorted(shelves[role]))
    loaded.add(shape.UNKNOWN_KIND, path, f"“{clipped(kind)}” is not a kind of {role[:-1]}.{advice}")
    return None


def _made(loaded: Loaded, kind: type[Node[Any]], entry: type[Entry], path: Path, data: dict[str, Any]) -> Any:
    common = entry.common_keys()
    settings = {key: value for key, value in data.items() if key not in common}
    owner = f"the {entry.role} {kind.kind}"
    try:
        node = kind(kind.Config.model_validate(settings))
    except ValidationError as error:
        remark_refused(loaded, error, kind.Config, path, owner=owner, also=common)
        return None
    except MappingError as error:
        loaded.add(shape.BAD_VALUE, path, str(error), key=True)
        return None
    for place in unfilled(node.config) if loaded.has_braces else ():
        sentence = "This is not a template, and would go out with its braces as it stands."
        loaded.add(shape.NOT_FILLED, (*path, *place), sentence)
    return node
