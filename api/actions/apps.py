"""Apps: who we are on a platform, set once for all accounts there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api.actions.naming import missing
from engine.errors import ConflictError
from engine.run.apps import public_app
from engine.run.sealing import app_place
from engine.store import apps, desk
from engine.store.apps import AppRow
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from engine.contract.account import AccountKind
    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault


def kind_of(registry: Registry, asked: str) -> type[AccountKind]:
    """Return the account kind of a platform, by its name or by how it begins: `facebook` is `facebook_page`.

    Raises NotFoundError with the nearest, also for a kind whose accounts need no app.
    """
    known = {name: kind for name, kind in registry.accounts.items() if kind.AppSettings is not None}
    found = [name for name in known if name == asked] or [name for name in known if name.split("_")[0] == asked]
    if len(found) != 1:
        raise missing("platform", asked, known, "No connector that is installed needs an app.", where="")
    return known[found[0]]


async def change(  # noqa: PLR0913  # the app, and what changes of it
    store: Store,
    vault: Callable[[], Vault],
    workspace: Workspace,
    kind: type[AccountKind],
    *,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    now: datetime,
) -> tuple[int, bool]:
    """Set the app of a platform, with what stays of it; tells how many deliveries that were blocked go on.

    It tells too whether the platform had us wait, which ends. Where it no longer lets posts go out without a yes to
    each, what is planned waits for one.
    Raises ConflictError where the settings make no app, or a secret is named that it does not have.
    """
    for name in secrets:
        if name not in kind.app_secrets:
            raise ConflictError(f"An app of {kind.kind} has no secret {name}: it knows {listed(kind.app_secrets)}.")
    before = await store.read(apps.get, workspace.id, kind.kind)
    kept = json.loads(before.settings) if before else {}
    checked = _checked(kind, {key: value for key, value in (kept | dict(settings)).items() if value != ""})
    sealed = before.sealed if before else None
    if secrets:
        place, opened = app_place(workspace.id, kind.kind), vault()
        old = json.loads(opened.open(workspace.data_key, sealed, place).reveal()) if sealed else {}
        sealed = opened.seal(workspace.data_key, json.dumps(old | dict(secrets)), place)
    asks = kind.releases_each(public_app(kind.AppSettings, checked)) if kind.AppSettings else ""
    return await store.write(desk.put_app, AppRow(workspace.id, kind.kind, checked, sealed, now), asks)


def _checked(kind: type[AccountKind], given: Mapping[str, Any]) -> str:
    """Return what was said of an app as JSON: defaults are not kept, so that a newer version may change them."""
    model = kind.AppSettings
    if model is None:
        raise ConflictError(f"Accounts of {kind.kind} need no app.")
    try:
        return model.model_validate(dict(given)).model_dump_json(exclude_unset=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        said = " ".join(_sentence(kind, detail["type"], detail["loc"], detail["msg"]) for detail in details)
        raise ConflictError(f"This is not an app of {kind.kind}. {said}") from None


def _sentence(kind: type[AccountKind], code: str, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    fields = kind.AppSettings.model_fields if kind.AppSettings else {}
    if code == "missing":
        return f"It needs `{name}`: {fields[name].description or ''} Write {name}=VALUE."
    if code == "extra_forbidden":
        return f"It has no setting `{name}`.{did_you_mean(name, fields) or f' It knows {listed(fields)}.'}"
    return f"`{name}`: {message}."
