"""A values file: what the parameters of mappings stand for in one environment, `NAME: value` line by line.

A value is a text or a number, and a number is taken as it is written: `0033` stays `0033`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mappings.findings import clipped, did_you_mean
from mappings.reading.loading import load
from mappings.rules import git as rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.findings import Finding
    from mappings.linting.lint import Checked
    from mappings.reading.loaded import Loaded

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Values:
    """What a values file says: the parameters by name, with the remarks on the file itself."""

    loaded: Loaded
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """Return the remarks on the file."""
        return self.loaded.findings

    def unused(self, checked: Iterable[Checked]) -> list[Finding]:
        """Remark on the values that none of these mappings asks for, and return all remarks on the file."""
        asked = {name for one in checked for name in one.loaded.parameters}
        for name in [name for name in self.parameters if name not in asked]:
            advice = did_you_mean(name, asked - self.parameters.keys())
            sentence = f"No mapping that is checked here has the parameter `{clipped(name)}`.{advice}"
            self.loaded.add(rules.UNUSED_VALUE, (name,), sentence, key=True)
        return self.loaded.findings


def read_values(source: str | bytes, file: str) -> Values:
    """Read a values file; never raises for what is in it."""
    loaded = load(source, file, plain=_as_written)
    values = Values(loaded)
    for name, value in (loaded.data or {}).items():
        if not _NAME.fullmatch(name):
            sentence = f"`{clipped(name)}` cannot be the name of a parameter: use letters, digits and underscores."
            loaded.add(rules.NO_VALUE, (name,), sentence, key=True)
        elif not isinstance(value, str):
            sentence = f"The parameter `{clipped(name)}` needs a text or a number on its line."
            loaded.add(rules.NO_VALUE, (name,), sentence)
        else:
            values.parameters[name] = value
    return values


def _as_written(text: str) -> Any:
    return None if text in {"", "~", "null"} else text
