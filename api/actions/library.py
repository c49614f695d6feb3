"""A mapping of one's own from the library: its parameters given, asked for, or left at their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.actions.reading import FileReadError
from api.errors import UsageError, pointer_to
from mappings.findings import FindingsError, did_you_mean, has_errors, listed
from mappings.linting.lint import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any, TypeAlias

    from engine.contract.registry import Registry
    from mappings.library import Ready
    from mappings.parameters import ParameterEntry

    Ask: TypeAlias = Callable[[str, ParameterEntry], str]
    """Gives the value of a parameter, by its name."""


def chosen(ready: Ready, given: Mapping[str, str], ask: Ask | None) -> dict[str, str]:
    """Return a value for each parameter that has no default, and for others those that were given or asked for.

    Without `ask`, raises UsageError where one is missing; and where one is unknown, or cannot be a value.
    """
    for name, value in given.items():
        if name not in ready.parameters:
            advice = did_you_mean(name, ready.parameters) or f" It has {listed(ready.parameters)}."
            raise UsageError(f"{ready.name} has no parameter {name}.{advice}", pointer=_at(name))
        if said := ready.parameters[name].refused(value):
            raise UsageError(f"{name} cannot be “{value}”: {said}", pointer=_at(name))
    if ask is not None:
        return {name: given[name] if name in given else ask(name, one) for name, one in ready.parameters.items()}
    if missing := ready.missing(given):
        needed = "; ".join(f"--set {name}=… ({ready.parameters[name].title})" for name in missing)
        raise UsageError(f"{ready.name} needs values: {needed}.", pointer=_at(missing[0]))
    return dict(given)


def made(ready: Ready, values: Mapping[str, str], registry: Registry) -> str:
    """Return the mapping with these values; raises FindingsError where they do not fit together."""
    text = ready.filled(values)
    findings = check(text, ready.name, registry).findings
    if has_errors(findings):
        raise FindingsError(findings)
    return text


def _at(name: str) -> str:
    """Return where the value of a parameter stands in what is sent."""
    return pointer_to(("parameters", name))


def write(file: Path, text: str) -> None:
    """Write a mapping to a file; raises FileReadError."""
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileReadError(f"{file} cannot be written: {error.strerror}.") from error


def as_dict(ready: Ready) -> dict[str, Any]:
    """Return what a mapping of the library says of itself, for JSON."""
    parameters = [{"name": name, **one.model_dump()} for name, one in ready.parameters.items()]
    return {"name": ready.name, "summary": ready.summary, "told": dict(ready.told), "parameters": parameters}
