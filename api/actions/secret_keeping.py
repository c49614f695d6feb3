"""Named secrets: kept sealed where they can be right, listed by name, removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from api.actions import fitting
from api.actions.naming import missing
from api.errors import UsageError
from engine.errors import ConflictError
from engine.run.sealing import secret_place
from engine.store import desk, secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def check_name(name: str) -> None:
    """Raise UsageError for what mappings could not name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"“{name}” is not a secret's name: use letters, digits, dots, dashes and underscores.", parameter="secret"
        )


async def keep(  # noqa: PLR0913  # the secret, and what it is kept with
    store: Store,
    vault: Callable[[], Vault],
    workspace: Workspace,
    registry: Registry,
    *,
    name: str,
    value: str,
    now: datetime,
) -> int:
    """Keep a secret, sealed; returns how many deliveries go on that it had blocked.

    Raises ConflictError where an active mapping could not use it.
    """
    check_name(name)
    for unfit in await fitting.unfit_for(store, workspace.id, registry, name, value):
        raise ConflictError(f"Nothing was changed: {unfit.mapping}.{unfit.node} cannot use it. {unfit.why}")
    sealed = vault().seal(workspace.data_key, value, secret_place(workspace.id, name))
    return await store.write(desk.put_secret, workspace.id, name, sealed, now)


async def there(store: Store, workspace_id: str, name: str) -> None:
    """Raise NotFoundError where there is no such secret."""
    names = await store.read(secrets.listed, workspace_id)
    if name not in names:
        raise missing("secret", name, names, "`chappe secrets set` keeps one.")


async def remove(store: Store, workspace_id: str, name: str) -> None:
    """Remove a secret; raises NotFoundError."""
    await there(store, workspace_id, name)
    await store.write(secrets.remove, workspace_id, name)
