"""What the parameters of mappings stand for, as a command was told: pairs of its line, over a values file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import reading
from mappings.findings import FindingsError, has_errors
from mappings.values import read_values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mappings.findings import Finding
    from mappings.linting.lint import Checked
    from mappings.values import Values


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters by name; `file` is the values file that they came from, if any."""

    parameters: dict[str, str]
    file: Values | None = None

    def remarks(self, checked: Iterable[Checked]) -> list[Finding]:
        """Return what is to be remarked on the values file, once the mappings are checked that it is for."""
        return self.file.unused(checked) if self.file else []


def fill(pairs: Iterable[str] | None, values: Path | None = None) -> Given:
    """Read `NAME=VALUE` pairs, which win, and a values file.

    Raises UsageError, NotFoundError or FileReadError, and FindingsError where the file has errors.
    """
    own = reading.pairs_of(pairs or ())
    if values is None:
        return Given(own)
    file = read_values(reading.content(values), str(values))
    if has_errors(file.findings):
        raise FindingsError(file.findings)
    return Given(file.parameters | own, file)
