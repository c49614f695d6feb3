"""What one document says otherwise than another: nodes, arrows and settings, each old and new. Pure.

Compared is what documents mean: comments, layout, order, the canvas and what is said of parameters do not count.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from mappings.document import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_APART: Final = frozenset({*ROLES, "mapping", "canvas", "moved", "parameters"})


class Setting(NamedTuple):
    """A setting that differs, as `any[0].text.contains`; None is where it is not there."""

    path: str
    before: Any
    after: Any


class Arrow(NamedTuple):
    """What feeds a node: another node, or an output of a router as `router.port`."""

    feed: str
    node: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is new, gone or otherwise; `kind` is the kind it has now, or had."""

    role: str
    name: str
    kind: str
    what: Literal["added", "removed", "changed"]
    settings: tuple[Setting, ...] = ()

    @property
    def path(self) -> str:
        """Return where it stands in the document."""
        return f"{self.role}.{self.name}"


@dataclass(frozen=True, slots=True)
class Diff:
    """All that differs: of the mapping itself, node by node, and the arrows between nodes."""

    settings: tuple[Setting, ...] = ()
    nodes: tuple[NodeChange, ...] = ()
    arrows_added: tuple[Arrow, ...] = ()
    arrows_removed: tuple[Arrow, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.settings or self.nodes or self.arrows_added or self.arrows_removed)

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        nodes = [
            {
                "role": node.role,
                "name": node.name,
                "kind": node.kind,
                "what": node.what,
                "settings": _dicts(node.settings),
            }
            for node in self.nodes
        ]
        arrows = {"arrows_added": _dicts(self.arrows_added), "arrows_removed": _dicts(self.arrows_removed)}
        return {"settings": _dicts(self.settings), "nodes": nodes, **arrows}


def diff(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Diff:
    """Compare two documents as they were read; None stands for one that is not there."""
    old, new = before or {}, after or {}
    arrows_before, arrows_after = list(_arrows(old)), list(_arrows(new))
    return Diff(
        settings=_differing(_own(old), _own(new)),
        nodes=tuple(_nodes(old, new)),
        arrows_added=tuple(arrow for arrow in arrows_after if arrow not in set(arrows_before)),
        arrows_removed=tuple(arrow for arrow in arrows_before if arrow not in set(arrows_after)),
    )


def _dicts(some: Iterable[Setting | Arrow]) -> list[dict[str, Any]]:
    return [each._asdict() for each in some]


def shown(value: Any) -> str:
    """Return a value of a setting on one line."""
    if value is None:
        return "nothing"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _own(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in _APART}


def _nodes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[NodeChange]:
    for role in ROLES:
        before, after = old.get(role) or {}, new.get(role) or {}
        for name in (*after, *(name for name in before if name not in after)):
            kind = str((after.get(name) or before.get(name) or {}).get("kind", ""))
            settings = _differing(before.get(name), after.get(name))
            if name not in before:
                yield NodeChange(role, name, kind, "added", settings)
            elif name not in after:
                yield NodeChange(role, name, kind, "removed", settings)
            elif settings:
                yield NodeChange(role, name, kind, "changed", settings)


def _arrows(document: Mapping[str, Any]) -> Iterator[Arrow]:
    for role in ROLES:
        for name, node in (document.get(role) or {}).items():
            feeds = node.get("from") or ()
            yield from (Arrow(feed, name) for feed in ([feeds] if isinstance(feeds, str) else feeds))


def _differing(before: Any, after: Any) -> tuple[Setting, ...]:
    old, new = dict(_leaves(before or {})), dict(_leaves(after or {}))
    paths = (*old, *(path for path in new if path not in old))
    return tuple(
        Setting(path, old.get(path), new.get(path)) for path in paths if _said(old.get(path)) != _said(new.get(path))
    )


def _said(value: Any) -> str:
    """Tell 1 from true."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give the settings that have no settings in them; a list of plain values is one, of one value that value."""
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            if path or key != "from":
                yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for nth, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{nth}]")
    else:
        yield path, value[0] if isinstance(value, list) and len(value) == 1 else value
