"""Secrets that mappings name, and the apps that accounts are connected with: set, and never shown."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, status

from api.actions import apps as app_actions
from api.actions import secret_keeping
from api.actions.naming import missing
from api.deps import Caller, May, Role, TheFace
from api.shapes.accounts import (
    AppIn,
    AppList,
    AppShown,
    Kind,
    Reconnected,
    SecretIn,
    SecretList,
    SecretName,
    SecretShown,
    revealed,
)
from engine.contract.account import AccountKind
from engine.run.apps import public_app
from engine.store import apps, secrets
from engine.store.apps import AppRow

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["secrets"])

Reads = Annotated[Caller, May("secrets:read", Role.OWNER)]
Writes = Annotated[Caller, May("secrets:write", Role.OWNER)]
ReadsApps = Annotated[Caller, May("apps:read", Role.OWNER)]
WritesApps = Annotated[Caller, May("apps:write", Role.OWNER)]


@router.get("/secrets", summary="List secrets")
async def list_secrets(face: TheFace, caller: Reads) -> SecretList:
    """List the names of the secrets; what they say is never shown."""
    found = await face.store.read(secrets.listed, caller.workspace.id)
    return SecretList(items=[SecretShown(name=name, updated_at=at) for name, at in found.items()])


@router.put("/secrets/{secret}", summary="Set a secret")
async def set_secret(face: TheFace, caller: Writes, secret: SecretName, given: SecretIn) -> Reconnected:
    """Keep a secret, sealed: mappings name it `secret://NAME`; what lacked it goes on."""
    moved = await secret_keeping.keep(
        face.store, lambda: face.vault, caller.workspace, face.registry, name=secret,
        value=given.value.get_secret_value(), now=face.clock.now(),
    )  # fmt: skip
    return Reconnected(deliveries=moved)


@router.delete("/secrets/{secret}", summary="Remove a secret", status_code=status.HTTP_204_NO_CONTENT)
async def remove_secret(face: TheFace, caller: Writes, secret: SecretName) -> None:
    """Remove a secret: mappings that name it cannot publish until it is set again."""
    await secret_keeping.remove(face.store, caller.workspace.id, secret)


@router.get("/apps", summary="List apps")
async def list_apps(face: TheFace, caller: ReadsApps) -> AppList:
    """List the platforms that need an app, and whether one is set."""
    kinds = {name: kind for name, kind in face.registry.accounts.items() if kind.AppSettings is not None}
    rows = {row.platform: row for row in await face.store.read(apps.listed, caller.workspace.id)}
    return AppList(items=[_shown(kind, rows.get(name)) for name, kind in sorted(kinds.items())])


@router.get("/apps/{platform}", summary="Show the app of a platform")
async def show_app(face: TheFace, caller: ReadsApps, platform: Kind) -> AppShown:
    """Show the app of a platform, defaults included; of its secrets only whether they are set."""
    kind = app_actions.kind_of(face.registry, platform)
    return _shown(kind, await face.store.read(apps.get, caller.workspace.id, kind.kind))


@router.put("/apps/{platform}", summary="Set the app of a platform")
async def set_app(face: TheFace, caller: WritesApps, platform: Kind, given: AppIn) -> Reconnected:
    """Set the app of a platform; what a missing or wrong one had blocked goes on."""
    kind = app_actions.kind_of(face.registry, platform)
    moved, _ = await app_actions.change(
        face.store, lambda: face.vault, caller.workspace, kind, settings=given.settings,
        secrets=revealed(given.secrets), now=face.clock.now(),
    )  # fmt: skip
    return Reconnected(deliveries=moved)


@router.delete("/apps/{platform}", summary="Remove the app of a platform", status_code=status.HTTP_204_NO_CONTENT)
async def remove_app(face: TheFace, caller: WritesApps, platform: Kind) -> None:
    """Remove an app with its secrets: its accounts stay, and cannot be renewed or connected until one is set."""
    kind = app_actions.kind_of(face.registry, platform)
    if not await face.store.write(apps.remove, caller.workspace.id, kind.kind):
        raise missing("app of", kind.kind, (), "Set one first.")


def _shown(kind: type[AccountKind], row: AppRow | None) -> AppShown:
    settings: dict[str, Any] = {}
    if row is not None and kind.AppSettings is not None:
        settings = dict(public_app(kind.AppSettings, row.settings))
    return AppShown(
        platform=kind.kind, title=kind.title, set=row is not None, settings=settings,
        secrets=row is not None and row.sealed is not None, updated_at=row.updated_at if row else None,
    )  # fmt: skip
