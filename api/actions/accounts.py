"""Accounts: added with checked settings and sealed secrets, connected again, removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api.actions.naming import missing
from engine.contract.oauth import OAuthKind
from engine.errors import ConflictError
from engine.ids import new_id
from engine.run.sealing import grant_place
from engine.store import accounts, desk, grants
from engine.store.accounts import LIVE, AccountRow
from engine.store.grants import Grant
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from engine.contract.account import AccountKind
    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault


def kind_of(registry: Registry, kind: str) -> type[AccountKind]:
    """Return an account kind; raises NotFoundError with the nearest."""
    if kind not in registry.accounts:
        raise missing("kind of account", kind, registry.accounts, "No connector is installed.", where="")
    return registry.accounts[kind]


def checked_settings(kind: type[AccountKind], given: Mapping[str, Any]) -> str:
    """Return the settings as JSON; raises ConflictError with a sentence for each that is wrong."""
    try:
        return kind.Settings.model_validate(dict(given)).model_dump_json(by_alias=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        said = " ".join(_sentence(kind, detail["type"], detail["loc"], detail["msg"]) for detail in details)
        raise ConflictError(f"This is not an account of {kind.kind}. {said}") from None


def check_secret_names(kind: type[AccountKind], given: Iterable[str]) -> None:
    """Raise ConflictError where a secret is named that accounts of this kind do not have."""
    for name in given:
        if name not in kind.secrets:
            known = f" It knows {listed(kind.secrets)}." if kind.secrets else " It has none."
            advice = did_you_mean(name, kind.secrets) or known
            raise ConflictError(f"An account of {kind.kind} has no secret {name}.{advice}")


def check_secrets(kind: type[AccountKind], settings: str, secrets: Mapping[str, str]) -> None:
    """Raise ConflictError where secrets cannot be right by their form; `settings` are JSON, as they are kept."""
    if wrong := kind.check(json.loads(settings), secrets):
        raise ConflictError(f"Nothing was changed, since a secret cannot be right. {' '.join(wrong)}")


def refuse_without_browser(registry: Registry, account: AccountRow, secrets: Mapping[str, str]) -> None:
    """Raise ConflictError where an account is connected in the browser and no secret is typed in instead."""
    if issubclass(kind_of(registry, account.platform), OAuthKind) and not secrets:
        raise ConflictError(f"{account.name} is connected in the browser: begin that anew, as the same identity.")


async def add(
    store: Store,
    vault: Callable[[], Vault],
    workspace: Workspace,
    account: AccountRow,
    secrets: Mapping[str, str],
) -> AccountRow:
    """Keep a new account and its secrets; the vault is opened only where there are any."""
    sealed = _sealed(vault(), workspace, account.id, secrets) if secrets else None
    await store.write(desk.add_account, account, sealed)
    return account


def new_account(
    workspace: Workspace, kind: str, name: str, *, settings: str, person_id: str | None, now: datetime
) -> AccountRow:
    """Return an account that is not kept yet; raises ConflictError for a name that a mapping's sink would have."""
    if not name.strip() or "/" in name:
        raise ConflictError("An account's name is not empty and has no slash: those with one belong to sinks.")
    return AccountRow(new_id(), workspace.id, name, kind, created_at=now, person_id=person_id, settings=settings)


async def change(store: Store, kinds: Registry, account: AccountRow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings of an account, checked together with those that stay; returns them all.

    Raises ConflictError where they make no account of its kind, and for an account whose settings are its sink's.
    """
    if account.implicit:
        message = f"{account.name} publishes to the address of its sink: change the mapping, then apply it."
        raise ConflictError(message)
    settings = checked_settings(kind_of(kinds, account.platform), json.loads(account.settings) | dict(given))
    await store.write(accounts.set_settings, account.workspace_id, account.id, settings)
    return dict(json.loads(settings))


async def reconnect(
    store: Store,
    vault: Callable[[], Vault],
    workspace: Workspace,
    account: AccountRow,
    secrets: Mapping[str, str],
    now: datetime,
) -> int:
    """Mark an account connected again, with new secrets where there are any; returns how many deliveries go on."""
    if secrets:
        opened = vault()
        before = await store.read(grants.get, workspace.id, account.id)
        kept: dict[str, str] = {}
        if before is not None:
            place = grant_place(workspace.id, account.id)
            kept = json.loads(opened.open(workspace.data_key, before.sealed, place).reveal())
        sealed = _sealed(opened, workspace, account.id, kept | dict(secrets))
        grant = Grant(sealed, before.version if before else 0, None, now)
        await store.write(grants.put, workspace.id, account.id, grant)
    return await store.write(accounts.set_state, workspace.id, account.id, LIVE, now=now)


def _sealed(vault: Vault, workspace: Workspace, account_id: str, secrets: Mapping[str, str]) -> str:
    return vault.seal(workspace.data_key, json.dumps(dict(secrets)), grant_place(workspace.id, account_id))


def _sentence(kind: type[AccountKind], code: str, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    fields: dict[str, Any] = {field.alias or key: field for key, field in kind.Settings.model_fields.items()}
    if code == "missing":
        what = fields[name].description if name in fields else ""
        return f"It needs `{name}`{f' ({what})' if what else ''}: write {name}=VALUE behind the name."
    if code == "extra_forbidden":
        known = f" It knows {listed(fields)}." if fields else " It has no settings."
        return f"It has no setting `{name}`.{did_you_mean(name, fields) or known}"
    return f"`{name}`: {message}."
