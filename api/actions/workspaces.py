"""Workspaces: made, suspended, let in again, and deleted for good."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from api.errors import Fault, UnprocessableError
from engine.ids import new_id
from engine.run.keepsake import Keepsakes
from engine.store import access, accounts, repositories, workspaces
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.vault import Vault


async def create(store: Store, clock: Clock, vault: Vault, name: str, owner_id: str) -> Workspace:
    """Make a workspace with its first owner; raises ConflictError where the name is taken."""
    workspace = Workspace(new_id(), name, vault.new_data_key(), clock.now())
    await store.write(access.create, workspace, owner_id)
    return workspace


async def suspend(store: Store, clock: Clock, name: str) -> Workspace:
    """Stop a workspace and keep its members out, the instance's administrators aside; raises NotFoundError."""
    return await store.write(access.suspend, name, clock.now())


async def let_in(store: Store, clock: Clock, name: str) -> Workspace:
    """Let a suspended workspace go on; what was paused in it before stays paused. Raises NotFoundError."""
    return await store.write(access.reopen, name, clock.now())


async def delete(store: Store, workspace: Workspace, confirmed: str, data_dir: Path) -> None:
    """Delete a workspace with every row and file that belongs to it. Raises UnprocessableError without its name.

    What is being sent at that moment may still go out. Users stay; backups made before still hold the rows.
    """
    if confirmed != workspace.name:
        sentence = "Deleting is for good: write the workspace's name in `confirm`."
        raise UnprocessableError(sentence, [Fault(sentence, "unconfirmed", parameter="confirm")])
    clones = [data_dir / "sync" / row.id for row in await store.read(repositories.listed, workspace.id)]
    kept = Keepsakes(data_dir / "renewed")
    lent = await store.read(accounts.listed, workspace.id)
    await store.write(workspaces.remove, workspace.id)
    for clone in clones:
        await asyncio.to_thread(shutil.rmtree, clone, ignore_errors=True)
    for account in lent:
        kept.drop(account.id)
