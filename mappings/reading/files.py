"""Mapping files on disk: what a path or a folder holds, read without a word of complaint but in findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mappings.findings import Finding
from mappings.reading.loading import MAX_BYTES
from mappings.rules import workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUFFIXES: Final = (".yaml", ".yml")
BESIDE: Final = (".fixtures.yaml", ".snapshots.yaml")
"""What the names of files end in that stand beside mappings for their tests."""


@dataclass(slots=True)
class Files:
    """The bytes of mapping files by their paths as they were named, and findings for those that cannot be read."""

    contents: dict[str, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_files(paths: Iterable[Path]) -> Files:
    """Read files, and every .yaml and .yml file in folders and the folders in them, in the order of their names.

    Of a file that is too large only as much is read as tells so. Files and folders whose names begin with a dot are
    passed over within folders, and links to folders are not followed.
    """
    files = Files()
    for path in paths:
        if path.is_dir():
            found = sorted(_within(path))
            for file in found:
                _read(file, files)
            if not found:
                files.findings.append(_no_file(path, "There is no .yaml file in this folder."))
        else:
            _read(path, files)
    return files


def is_mapping(name: str) -> bool:
    """Tell by its name whether a file of a folder is taken for a mapping."""
    return name.endswith(SUFFIXES) and not name.endswith(BESIDE)


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _within(path)
        elif is_mapping(path.name) and path.is_file():
            yield path


def _read(path: Path, files: Files) -> None:
    try:
        with path.open("rb") as stream:
            files.contents[str(path)] = stream.read(MAX_BYTES + 1)
    except OSError as error:
        files.findings.append(_no_file(path, f"This file cannot be read: {error.strerror or 'the disk objects'}."))


def _no_file(path: Path, sentence: str) -> Finding:
    return Finding(str(path), 1, 1, workspace.NO_FILE.code, ".", sentence)
