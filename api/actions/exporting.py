"""What runs, as files: the documents of mappings with their comments, as they were saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions.naming import missing
from engine.errors import ConflictError
from engine.store import mappings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Document:
    """The text of the version that a mapping runs by."""

    mapping: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a mapping: new, changed or unchanged."""

    mapping: str
    version: int
    file: str
    what: str


async def documents(store: Store, workspace_id: str, names: Sequence[str] | None) -> list[Document]:
    """Return the documents of these mappings, or of all that run; raises NotFoundError and ConflictError."""
    rows = {row.name: row for row in await store.read(mappings.listed, workspace_id)}
    for name in names or ():
        if name not in rows:
            raise missing("mapping", name, rows, "`chappe apply` makes one.")
        if rows[name].version_id is None:
            raise ConflictError(f"The mapping {name} was never applied: there is nothing to export.")
    found = []
    for name in names if names is not None else rows:
        row = rows[name]
        if row.version_id is None:
            continue
        numbers = {one.id: one.number for one in await store.read(mappings.versions, workspace_id, row.id)}
        text = await store.read(mappings.document, row.version_id)
        found.append(Document(name, numbers[row.version_id], text))
    return found


def write(found: Sequence[Document], folder: Path, *, force: bool = False) -> list[Written]:
    """Write each document to `NAME.yaml`; raises ConflictError, and writes nothing, where a file says otherwise."""
    files = {one: folder / f"{one.mapping}.yaml" for one in found}
    there = {one: file.read_text(encoding="utf-8", errors="replace") for one, file in files.items() if file.exists()}
    other = [str(files[one]) for one, text in there.items() if text != one.text]
    if other and not force:
        raise ConflictError(f"{', '.join(other)}: there already, and not the same. --force writes over it.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one, file in files.items():
        what = "new" if one not in there else "unchanged" if there[one] == one.text else "changed"
        if what != "unchanged":
            file.write_text(one.text, encoding="utf-8", newline="")
        written.append(Written(one.mapping, one.version, str(file), what))
    return written
