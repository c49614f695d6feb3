"""A document as it was read: plain data, and where each value of it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mappings.findings import Finding, dotted

if TYPE_CHECKING:
    from mappings.findings import Path, Rule


@dataclass(slots=True)
class Place:
    """Where a value begins, with the places of what is in it and of its keys; lines and columns count from 1.

    `takes_keys` tells a value of keys and values that has none yet from one that is alone.
    """

    line: int = 1
    column: int = 1
    inside: dict[str | int, Place] = field(default_factory=dict)
    keys: dict[str | int, tuple[int, int]] = field(default_factory=dict)
    takes_keys: bool = False


@dataclass(slots=True)
class Loaded:
    """A document as it was read. `data` is None where nothing can be said of what is in it."""

    file: str
    data: dict[str, Any] | None = None
    root: Place = field(default_factory=Place)
    findings: list[Finding] = field(default_factory=list)
    resolved: str = ""
    """The text with its parameters put in."""

    has_braces: bool = False
    """Whether there may be a template anywhere in it."""

    parameters: set[str] = field(default_factory=set)
    """The names of the parameters that it asks for."""

    spoiled: set[tuple[int, int]] = field(default_factory=set)
    """Where a value could not be put in: nothing more is remarked on these places."""

    def add(self, rule: Rule, path: Path, sentence: str, *, key: bool = False) -> None:
        """Remark on the value at a path, or on its key; on what should hold it, where it is not there."""
        path, (line, column) = self.where(path, key=key)
        if (line, column) not in self.spoiled:
            self.findings.append(Finding(self.file, line, column, rule.code, dotted(path), sentence, rule.severity))

    def where(self, path: Path, *, key: bool = False) -> tuple[Path, tuple[int, int]]:
        """Return the part of a path that the document has, and where that is.

        A key that is missing stays on the path, and the place is the key of what should hold it. A lone value stands
        for the list of one that it is taken for.
        """
        place = self.root
        at = (place.line, place.column)
        found: tuple[str | int, ...] = ()
        for part in path:
            if part == 0 and 0 not in place.inside and (place.keys or not place.inside):
                continue
            if part not in place.inside:
                return ((*found, part), at) if place.takes_keys else (found, (place.line, place.column))
            inner = place.inside[part]
            at = place.keys.get(part, (inner.line, inner.column))
            place = inner
            found = (*found, part)
        return found, (at if key else (place.line, place.column))

    def add_at(self, rule: Rule, at: tuple[int, int], sentence: str, path: Path = ()) -> None:
        """Remark on a line and column, before anything is known to stand there."""
        self.findings.append(Finding(self.file, *at, rule.code, dotted(path), sentence, rule.severity))
