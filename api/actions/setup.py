"""Make an instance: data folder, key file, database, workspace. Every step may be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NotFoundError
from engine.ids import new_id
from engine.runtime import KEY_FINGERPRINT, keep_key
from engine.store import migrate, workspaces
from engine.store.unit import open_store, sqlite_file
from engine.vault import KeyFile, Vault, VaultLockedError

if TYPE_CHECKING:
    from api.settings import Settings
    from engine.clock import Clock
    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Made:
    """What the set-up made; False where it was there already."""

    key_file: bool
    database: bool
    workspace: bool


async def set_up(settings: Settings, clock: Clock, workspace: str) -> Made:
    """Make what is missing. Raises VaultLockedError where the key file does not fit the database."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_missing = not settings.key_file.exists()
    if key_missing:
        await _never_sealed(settings)
    keys = KeyFile.create(settings.key_file) if key_missing else KeyFile.load(settings.key_file)
    file = sqlite_file(settings.database_url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    before = await migrate.current_revision(settings.database_url) if file is None or file.exists() else None
    await migrate.upgrade(settings.database_url)
    store = open_store(settings.database_url)
    try:
        vault = Vault(keys)
        await keep_key(store, vault)
        made = await _workspace(store, vault, clock, workspace)
    finally:
        await store.close()
    return Made(key_file=key_missing, database=before is None, workspace=made)


async def _never_sealed(settings: Settings) -> None:
    """Raise VaultLockedError where a database is there that a key file has sealed: a new one would open nothing."""
    if await migrate.current_revision(settings.database_url) is None:
        return
    store = open_store(settings.database_url)
    try:
        sealed = await store.read(workspaces.instance_value, KEY_FINGERPRINT)
    finally:
        await store.close()
    if sealed is not None:
        raise VaultLockedError(
            f"The key file {settings.key_file} is missing, and the database was sealed with it: a new one would open "
            "nothing. Put it back from your backup, or set CHAPPE_KEY_FILE to where it is."
        )


async def _workspace(store: Store, vault: Vault, clock: Clock, name: str) -> bool:
    try:
        await store.read(workspaces.by_name, name)
    except NotFoundError:
        made = workspaces.Workspace(new_id(), name, vault.new_data_key(), clock.now())
        await store.write(workspaces.create, made)
        return True
    return False
