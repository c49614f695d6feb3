"""Open an account for one use: its grant, renewed first where it is time, its app, and the secrets a node names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.contract.account import Account
from engine.errors import MappingError
from engine.run.apps import public_app
from engine.run.renew import usable
from engine.run.sealing import grant_place, secret_place
from engine.store import secrets as secret_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.sink import Sink
    from engine.contract.source import Source
    from engine.run.core import Core
    from engine.store.lanes import Lane


async def opened_account(core: Core, lane: Lane, node: Sink[Any] | Source[Any]) -> Account:
    """Unseal an account's grant and the secrets that a node's settings name, for one use.

    Raises AccountLostError where the right to use it has ended, RateLimitedError where it cannot be renewed just now.
    """
    secrets: dict[str, str] = {}
    usable_now = await usable(core, lane)
    if usable_now is not None:
        place = grant_place(lane.workspace_id, lane.account_id)
        secrets = json.loads(core.vault.open(lane.data_key, usable_now.sealed, place).reveal())
    secrets |= await named_secrets(core, lane.workspace_id, lane.data_key, node.secrets())
    kind = core.registry.accounts.get(lane.platform)
    return Account(
        id=lane.account_id,
        name=lane.name,
        platform=lane.platform,
        settings=json.loads(lane.settings),
        secrets=secrets,
        person=lane.person_id,
        remote_id=lane.remote_id or "",
        app=public_app(kind.AppSettings, lane.app or "{}") if kind and kind.AppSettings else {},
        grant=usable_now.version if usable_now is not None else 0,
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
