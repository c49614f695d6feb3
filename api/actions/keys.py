"""Change the key of the key file: put a new one first, rewrap every workspace's data key, drop the former ones.

Between any two steps the file holds every key that the database needs, and the one that the instance has noted: whoever
was killed is run again and goes on from there.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ConflictError
from engine.runtime import KEY_FINGERPRINT, keep_key
from engine.store import workspaces
from engine.vault import KeyFile, Vault, key_of
from mappings.findings import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.store.unit import Store
    from engine.store.workspaces import Workspace


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key by its id: whether it seals what is new, whether the key file has it, and whose data key it seals."""

    id: str
    current: bool
    held: bool
    workspaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rotated:
    """The current key after a rotation; False where an earlier rotation was finished; how many were rewrapped."""

    key: str
    made: bool
    rewrapped: int


async def uses(store: Store, path: Path) -> list[KeyUse]:
    """Return the keys of the key file, the current one first, and those that it lacks though a workspace needs them."""
    held = [key.id for key in KeyFile.load(path).keys]
    names: dict[str, list[str]] = {key_id: [] for key_id in held}
    for workspace in await store.read(workspaces.listed):
        names.setdefault(key_of(workspace.data_key), []).append(workspace.name)
    return [KeyUse(key_id, key_id == held[0], key_id in held, tuple(found)) for key_id, found in names.items()]


async def rotate(store: Store, path: Path, told: Callable[[int, int], None]) -> Rotated:
    """Put a new key first, unless an earlier rotation is not finished, and rewrap the data keys by it.

    `told` is called after each step with how many data keys are rewrapped, and of how many. No process that has read
    the key file before may run: it could open nothing any more.
    """
    with _alone(path):
        keys, old = await _fitting(store, path)
        made = len(keys.keys) == 1 or not old
        if made:
            keys = keys.rotate(path)
            old = await store.read(workspaces.listed)
        told(0, len(old))
        current, vault = keys.keys[0].id, Vault(keys)
        await store.write(workspaces.set_instance_value, KEY_FINGERPRINT, current)
        for number, workspace in enumerate(old, 1):
            told(number - 1, len(old))
            await store.write(workspaces.rekey, workspace.id, vault.rewrap(workspace.data_key))
        told(len(old), len(old))
    return Rotated(current, made, len(old))


async def retire(store: Store, path: Path) -> tuple[str, ...]:
    """Drop all keys but the current one, and return their ids; raises ConflictError while a data key needs another."""
    with _alone(path):
        keys, old = await _fitting(store, path)
        if old:
            raise ConflictError(
                f"A former key still seals the data of {listed([workspace.name for workspace in old])}: "
                "run `chappe keys rotate` first, which finishes what was begun."
            )
        await store.write(workspaces.set_instance_value, KEY_FINGERPRINT, keys.keys[0].id)
        keys.retire(path)
    return tuple(key.id for key in keys.keys[1:])


async def _fitting(store: Store, path: Path) -> tuple[KeyFile, list[Workspace]]:
    """Return the key file, if it is this database's, and the workspaces that another than its current key seals."""
    keys = KeyFile.load(path)
    await keep_key(store, Vault(keys))
    found = await store.read(workspaces.listed)
    return keys, [workspace for workspace in found if key_of(workspace.data_key) != keys.keys[0].id]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one command at a time change the file: of two, one would drop the other's new key."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _lock(folder, path)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, path: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError(f"Another command is changing {path}: wait until it has ended.") from None
