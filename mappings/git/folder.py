"""The mapping files of a folder of this machine, as they are now; what they say together stands for a commit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from mappings.git.process import Caps, GitError
from mappings.git.tree import Snapshot
from mappings.reading.files import read_files
from mappings.reading.loading import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder of files, and not a bare repository."""
    return not ((path / "HEAD").is_file() and (path / "objects").is_dir())


def read_folder(root: Path, path: str = "", values: str = "", caps: Caps | None = None) -> Snapshot:
    """Read the mapping files under a path of a folder, and a values file; raises GitError where there is none.

    Links to files are followed, so that a folder that is mounted into a container can be read; links to folders are
    not. Whoever may write into the folder is trusted with what runs.
    """
    folder = root / path if path else root
    if not folder.is_dir():
        raise GitError(f"There is no folder {folder}.")
    read = read_files([folder])
    files = {_within(root, name): content for name, content in read.contents.items()}
    if len(files) > (caps or Caps()).files:
        raise GitError(f"There are more than {(caps or Caps()).files} mappings in {folder}.")
    findings = tuple(replace(finding, file=_within(root, finding.file)) for finding in read.findings)
    files.pop(values, None)
    return Snapshot(_digest(files, said := _values(root, values)), files, said, findings)


def _within(root: Path, name: str) -> str:
    return name.removeprefix(str(root)).lstrip("/") or "."


def _values(root: Path, values: str) -> bytes | None:
    if not values:
        return None
    try:
        with (root / values).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError:
        return None


def _digest(files: dict[str, bytes], values: bytes | None) -> str:
    whole = hashlib.sha256()
    for name, content in sorted({**files, "": values or b""}.items()):
        for part in (name.encode(errors="surrogateescape"), content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()
