"""Mapping files: found and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import UsageError
from engine.errors import ChappeError, NotFoundError
from mappings.reading.files import is_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_BYTES = 1_000_000
"""More of a file is not read: the loader refuses it by far earlier, with its own sentence."""


class FileReadError(ChappeError):
    """A file cannot be read."""


def contents(paths: Iterable[Path], values: Path | None = None) -> dict[str, bytes]:
    """Return what the files hold that are meant, by name: those named, and the mappings in the folders named.

    A values file among the mappings is none of them.
    """
    files = dict.fromkeys(file for path in paths for file in _inside(path))
    return {str(file): content(file) for file in files if values is None or not file.samefile(values)}


def _inside(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFoundError(f"There is no file or folder {path}.")
    files = [file for file in sorted(path.rglob("*")) if is_mapping(file.name) and file.is_file()]
    files = [file for file in files if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    if not files:
        raise NotFoundError(f"The folder {path} holds no mapping: their files end in .yaml or .yml.")
    return files


def content(file: Path) -> bytes:
    """Return what one file holds; raises NotFoundError or FileReadError."""
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.")
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES)
    except OSError as error:
        raise FileReadError(f"{file} cannot be read: {error.strerror}.") from error


def pairs_of(given: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE; raises UsageError."""
    values = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"“{pair}” does not say what it is: write NAME=VALUE.")
        values[name] = value
    return values
