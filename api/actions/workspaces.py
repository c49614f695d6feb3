"""Workspaces: made, suspended, let in again, and deleted for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.errors import Fault, UnprocessableError
from engine.ids import new_id
from engine.store import pauses, users, workspaces
from engine.store.pauses import Scope
from engine.store.users import OWNER, Membership
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.vault import Vault

REASON: Final = "The workspace is suspended."


async def create(store: Store, clock: Clock, vault: Vault, name: str, owner_id: str) -> Workspace:
    """Make a workspace with its first owner; raises ConflictError where the name is taken."""
    workspace = Workspace(new_id(), name, vault.new_data_key(), clock.now())
    await store.write(_create, workspace, owner_id)
    return workspace


async def suspend(store: Store, clock: Clock, name: str) -> Workspace:
    """Stop a workspace and keep its members out, the instance's administrators aside; raises NotFoundError."""
    return await store.write(_suspend, name, clock.now())


async def let_in(store: Store, clock: Clock, name: str) -> Workspace:
    """Let a suspended workspace go on; what was paused in it before stays paused. Raises NotFoundError."""
    return await store.write(_let_in, name, clock.now())


async def delete(store: Store, workspace: Workspace, confirmed: str) -> None:
    """Delete a workspace with every row that belongs to it. Raises UnprocessableError without its name.

    What is being sent at that moment may still go out. Users stay; backups made before still hold the rows.
    """
    if confirmed != workspace.name:
        sentence = "Deleting is for good: write the workspace's name in `confirm`."
        raise UnprocessableError(sentence, [Fault(sentence, "unconfirmed", parameter="confirm")])
    await store.write(workspaces.remove, workspace.id)


def _create(connection: Connection, workspace: Workspace, owner_id: str) -> None:
    workspaces.create(connection, workspace)
    users.join(connection, Membership(workspace.id, owner_id, OWNER, None, workspace.created_at))


def _suspend(connection: Connection, name: str, now: datetime) -> Workspace:
    workspace = workspaces.by_name(connection, name)
    if workspace.suspended_at is None:
        workspaces.suspend(connection, workspace.id, now)
        if not _is_paused(connection, workspace.id):
            pauses.pause(connection, workspace.id, Scope.WORKSPACE, reason=REASON, now=now)
    return workspaces.get(connection, workspace.id)


def _let_in(connection: Connection, name: str, now: datetime) -> Workspace:
    workspace = workspaces.by_name(connection, name)
    workspaces.suspend(connection, workspace.id, None)
    if any(pause.reason == REASON for pause in _own(connection, workspace.id)):
        pauses.resume(connection, workspace.id, Scope.WORKSPACE, now=now)
    return workspaces.get(connection, workspace.id)


def _is_paused(connection: Connection, workspace_id: str) -> bool:
    return bool(_own(connection, workspace_id))


def _own(connection: Connection, workspace_id: str) -> list[pauses.Pause]:
    """Return the pauses of the whole workspace."""
    found = pauses.listed(connection, workspace_id)
    return [pause for pause in found if pause.workspace_id == workspace_id and pause.scope == Scope.WORKSPACE]
