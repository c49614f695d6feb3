"""The app of a platform, opened: whole for who connects and renews, its public settings for nodes."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined, to_jsonable_python

from engine.contract.oauth import App
from engine.errors import MappingError
from engine.run.sealing import app_place
from engine.store import apps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.node import NodeConfig
    from engine.contract.oauth import OAuthKind
    from engine.store.unit import Store
    from engine.vault import Vault


async def opened_app(store: Store, vault: Vault, kind: OAuthKind, *, workspace_id: str, data_key: str) -> App:
    """Open the app of a platform; raises MappingError where none is set."""
    row = await store.read(apps.get, workspace_id, kind.kind)
    if row is None:
        message = f"No app is set for {kind.network}: `chappe apps set {kind.kind}` says who we are there."
        raise MappingError(message)
    secrets = {}
    if row.sealed is not None:
        secrets = json.loads(vault.open(data_key, row.sealed, app_place(workspace_id, kind.kind)).reveal())
    return App(kind.AppSettings.model_validate_json(row.settings), secrets)


@lru_cache(maxsize=256)
def public_app(model: type[NodeConfig], settings: str) -> Mapping[str, Any]:
    """Return an app's settings as a node sees them: with defaults, and addresses without a slash at their end."""
    fields = model.model_fields.items()
    defaults = {name: to_jsonable_python(f.default) for name, f in fields if f.default is not PydanticUndefined}
    return {name: _address(value) for name, value in (defaults | json.loads(settings)).items()}


def _address(value: Any) -> Any:
    return value.rstrip("/") if isinstance(value, str) and value.startswith(("http://", "https://")) else value
