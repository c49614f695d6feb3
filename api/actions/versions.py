"""Versions of mappings: found by what a person typed, told one after the other, compared."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from api.actions import naming, reading
from engine.errors import ConflictError, NotFoundError
from engine.store import mappings
from engine.store.unit import no_snapshot
from mappings.changing.diffing import diff
from mappings.findings import FindingsError
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.store import Connection
    from engine.store.mappings import MappingRow, Version
    from engine.store.unit import Store
    from mappings.changing.diffing import Diff

Pair: TypeAlias = tuple[str, str]
"""A version and the one before it, by id."""

MOST_SAID: Final = 5_000

_ASKED: Final = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?:@(?P<number>[0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class Told:
    """A version in the history of a mapping; `changes` says in words what it changed of the one before."""

    number: int
    current: bool
    made_at: datetime
    made_by: str
    origin: str
    changes: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document to compare or draw: what it is called, and its text."""

    label: str
    text: str


async def history(
    store: Store, workspace_id: str, name: str, *, before: int | None = None, limit: int | None = None
) -> list[Told]:
    """Return the versions of a mapping, newest first: all, or so many of those that are older than a number."""
    most = None if limit is None else limit + 1  # the last that is shown is compared with one that is not
    read = await store.read(mappings.history, workspace_id, name, before=before, most=most)
    if not read:
        await naming.mapping(store, workspace_id, name)  # says which there are
    pairs = list(pairwise([*(version.id for version, _ in read), ""]))[:limit]
    said = await _changes_of(store, pairs)
    return [
        Told(version.number, runs, version.created_at, version.made_by, version.origin, said[pair])
        for (version, runs), pair in zip(read[:limit], pairs, strict=True)
    ]


_SAID: dict[Pair, str] = {}
"""What versions changed, as it was found once: they never change."""


async def _changes_of(store: Store, pairs: Sequence[Pair]) -> dict[Pair, str]:
    """Say in words what versions change of those before them; the first stands beside an empty id."""
    said = {pair: _SAID[pair] for pair in pairs if pair in _SAID}
    unknown = [pair for pair in pairs if pair not in said]
    if not unknown:
        return said
    texts = await store.read(mappings.documents, list({one for pair in unknown for one in pair if one}))
    found = await asyncio.to_thread(lambda: {(new, old): _changes(texts[new], texts.get(old)) for new, old in unknown})
    if len(_SAID) > MOST_SAID:
        _SAID.clear()
    _SAID.update(found)
    return said | found


def _changes(text: str, older: str | None) -> str:
    return "The first version." if older is None else summary(diff(load(older, "").data, load(text, "").data))


async def document(store: Store, workspace_id: str, asked: str) -> Document:
    """Return what `NAME@NUMBER` or `NAME`, the version that runs, names."""
    match = _ASKED.fullmatch(asked)
    if match is None:
        raise NotFoundError(f"There is no file {asked}, and no version is so called: write NAME or NAME@NUMBER.")
    return await document_of(store, workspace_id, match["name"], int(match["number"]) if match["number"] else None)


async def document_of(store: Store, workspace_id: str, name: str, number: int | None) -> Document:
    """Return a version of a mapping by its number, or the one that runs."""
    return (await with_text(store, workspace_id, name, number))[1]


async def with_text(store: Store, workspace_id: str, name: str, number: int | None) -> tuple[Version, Document]:
    """Return a version by its number, or the one by which a mapping runs, and its document."""
    if number is not None:
        found = await store.read(mappings.numbered, workspace_id, name, number)
    else:
        running = await store.read(mappings.running, workspace_id, name)
        found = (running[1], running[2]) if running and running[1] else None
    if found is None:  # says why
        row = await naming.mapping(store, workspace_id, name)
        version = await version_of(store, row, number)
        found = version, await store.read(mappings.document, version.id)
    return found[0], Document(f"{name}@{found[0].number}", found[1])


async def version_of(store: Store, row: MappingRow, number: int | None) -> Version:
    """Return a version by its number, or the one by which a mapping runs."""
    return await store.read(_version, row, number)


@no_snapshot
def _version(connection: Connection, row: MappingRow, number: int | None) -> Version:
    if number is None and row.version_id:
        current = mappings.version(connection, row.workspace_id, row.version_id)
        if current is not None:
            return current
    if number is not None:
        older = mappings.versions(connection, row.workspace_id, row.id, before=number + 1, most=1)
        if older and older[0].number == number:
            return older[0]
    found = mappings.versions(connection, row.workspace_id, row.id, most=1)
    if number is None:
        raise ConflictError(f"No version of {row.name} runs: name one, such as {row.name}@{found[0].number}.")
    raise NotFoundError(f"{row.name} has no version {number}: its newest is {found[0].number}.")


async def before(store: Store, row: MappingRow) -> Version:
    """Return the newest version that is older than the one that runs, and says something else."""
    current = await version_of(store, row, None)
    for each in await store.read(mappings.versions, row.workspace_id, row.id):
        if each.number < current.number and each.hash != current.hash:
            return each
    raise ConflictError(f"There is nothing to go back to: {row.name} has no version before {current.number}.")


def file_named(asked: str) -> Document | None:
    """Return a file where there is one of that name."""
    path = Path(asked)
    return Document(asked, reading.content(path).decode("utf-8-sig", errors="replace")) if path.is_file() else None


def compared(old: Document, new: Document) -> Diff:
    """Return what the second says otherwise; raises FindingsError where one of them cannot be read."""
    read = [load(each.text, each.label) for each in (old, new)]
    wrong = [finding for one in read if one.data is None for finding in one.findings]
    if wrong:
        raise FindingsError(wrong)
    return diff(read[0].data, read[1].data)


def summary(found: Diff) -> str:
    """Say in a line what differs."""
    said = []
    for verb, what in (("adds", "added"), ("removes", "removed"), ("changes", "changed")):
        names = [node.path for node in found.nodes if node.what == what]
        if names:
            said.append(f"{verb} {', '.join(names)}")
    rewired = {arrow.node for arrow in (*found.arrows_added, *found.arrows_removed)} - {n.name for n in found.nodes}
    if rewired:
        said.append(f"rewires {', '.join(sorted(rewired))}")
    if found.settings:
        said.append(f"changes {', '.join(dict.fromkeys(_head(each.path) for each in found.settings))}")
    return "; ".join(said) or "says the same"


def _head(path: str) -> str:
    return re.split(r"[.\[]", path)[0]
