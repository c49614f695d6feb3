"""Mapping files: found, read, and linted all together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ChappeError, ConflictError, NotFoundError
from mappings.lint import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.contract.registry import Registry
    from mappings.findings import Finding
    from mappings.lint import Checked
    from mappings.workspace import Known

ENDINGS = (".yaml", ".yml")


class FileReadError(ChappeError):
    """A file cannot be read."""


class ParameterError(ChappeError):
    """A parameter is not written NAME=VALUE."""


def found(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant: those named, and the mapping files in the folders named, in order."""
    return list(dict.fromkeys(file for path in paths for file in _inside(path)))


def _inside(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFoundError(f"There is no file or folder {path}.")
    files = [file for file in sorted(path.rglob("*")) if file.suffix in ENDINGS and file.is_file()]
    files = [file for file in files if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    if not files:
        raise NotFoundError(f"The folder {path} holds no mapping: their files end in .yaml or .yml.")
    return files


def read(file: Path) -> bytes:
    """Return what a file holds; raises FileReadError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileReadError(f"{file} cannot be read: {error.strerror}.") from error


def linted(
    files: Sequence[Path], registry: Registry, *, parameters: Mapping[str, str], known: Known | None = None
) -> list[Checked]:
    """Return every file with what was remarked on it; raises FileReadError."""
    return [check(read(file), str(file), registry, parameters=parameters, known=known) for file in files]


def findings(checked: Iterable[Checked]) -> list[Finding]:
    """Return the remarks on all of them, file by file."""
    return [finding for one in checked for finding in one.findings]


def refuse_twins(checked: Iterable[Checked]) -> None:
    """Raise ConflictError where two files say what one mapping is."""
    names: dict[str, str] = {}
    for one in checked:
        name = one.document.mapping if one.document else ""
        if name in names:
            raise ConflictError(
                f"{names[name]} and {one.loaded.file} are both the mapping {name}: give one of them another name."
            )
        if name:
            names[name] = one.loaded.file


def parameters_of(pairs: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE; raises ParameterError."""
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParameterError(f"“{pair}” is not a parameter: write NAME=VALUE.")
        given[name] = value
    return given
