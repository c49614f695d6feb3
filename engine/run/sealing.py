"""Where sealed things stand: each is bound to its workspace, table, row and field, so that it opens nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.contract.account import Account
from engine.errors import MappingError
from engine.store import secrets as secret_rows
from engine.vault import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.sink import Sink
    from engine.contract.source import Source
    from engine.run.core import Core
    from engine.store.lanes import Lane


def grant_place(workspace_id: str, account_id: str) -> Place:
    """Return where an account's grant stands."""
    return Place(workspace_id, "grants", account_id, "sealed")


def secret_place(workspace_id: str, name: str) -> Place:
    """Return where a named secret of a workspace stands."""
    return Place(workspace_id, "secrets", name, "sealed")


async def opened_account(core: Core, lane: Lane, node: Sink[Any] | Source[Any]) -> Account:
    """Unseal an account's grant and the secrets that a node's settings name, for one use."""
    secrets: dict[str, str] = {}
    if lane.sealed:
        grant = core.vault.open(lane.data_key, lane.sealed, grant_place(lane.workspace_id, lane.account_id))
        secrets = json.loads(grant.reveal())
    secrets |= await named_secrets(core, lane.workspace_id, lane.data_key, node.secrets())
    return Account(
        id=lane.account_id,
        name=lane.name,
        platform=lane.platform,
        settings=json.loads(lane.settings),
        secrets=secrets,
        person=lane.person_id,
    )


async def named_secrets(core: Core, workspace_id: str, data_key: str, names: Mapping[str, str]) -> dict[str, str]:
    """Unseal the named secrets: `{key of account.secrets: name in the workspace}` becomes `{key: value}`."""
    values: dict[str, str] = {}
    for key, name in names.items():
        sealed = await core.store.read(secret_rows.get, workspace_id, name)
        if sealed is None:
            message = f"The secret {name} is not set in this workspace: run `chappe secrets set {name}`."
            raise MappingError(message)
        values[key] = core.vault.open(data_key, sealed, secret_place(workspace_id, name)).reveal()
    return values
