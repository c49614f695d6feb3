"""Accounts: the company's own and those of people; added, changed, mended, removed."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response, status

from api import states
from api.actions import accounts as actions
from api.actions import naming, pausing
from api.actions.connecting import calls_of
from api.deps import Caller, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.shapes import accounts as shapes
from api.shapes.accounts import (
    AccountChangeIn,
    AccountFull,
    AccountIn,
    AccountShown,
    HealthShown,
    Reconnected,
    ReconnectIn,
)
from api.shapes.common import Id
from api.shapes.people import Removed
from engine.store import accounts, grants
from engine.store.accounts import AccountRow

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["accounts"])

Reads = Annotated[Caller, May("accounts:read", Role.VIEWER)]
Writes = Annotated[Caller, May("accounts:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]
KIND: Final = "accounts"


@router.get("/accounts", summary="List accounts")
async def list_accounts(face: TheFace, caller: Reads, page: ThePage) -> Listed[AccountShown]:
    """List the accounts, oldest first, and which of them must be connected again."""
    after = page.last_id("accounts") or ""
    rows = await face.store.read(accounts.page, caller.workspace.id, after, page.most)
    return page.body("accounts", rows, lambda row: shapes.account(row, calls_of(row)), lambda row: row.id)


@router.post("/accounts", summary="Add an account", status_code=status.HTTP_201_CREATED)
async def add_account(face: TheFace, caller: Writes, given: AccountIn) -> AccountFull:
    """Add an account: the company's own, or somebody's, who must consent before it is used."""
    kind = actions.kind_of(face.registry, given.kind)
    checked, secrets = actions.checked_settings(kind, given.settings), shapes.revealed(given.secrets)
    actions.check_secret_names(kind, secrets)
    actions.check_secrets(kind, checked, secrets)
    here = caller.workspace
    owner = await naming.person_of(face.store, here.id, given.person) if given.person else None
    made = actions.new_account(
        here, given.kind, given.name, settings=checked, person_id=owner.id if owner else None, now=face.clock.now()
    )
    return _full(await actions.add(face.store, lambda: face.vault, here, made, secrets), caller)


@router.get("/accounts/{account}", summary="Show an account", response_model=AccountFull, responses=TAGGED)
async def show_account(face: TheFace, caller: Reads, account: Id, request: Request) -> Response:
    """Show an account; its settings to owners, its secrets to nobody."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    shown = _full(row, caller)
    return tagged(request, shown, viewed(states.of_account(row), shown))


@router.get("/accounts/{account}/health", summary="Tell whether an account can be used")
async def show_account_health(face: TheFace, caller: Reads, account: Id) -> HealthShown:
    """Tell whether an account can be used, until when, and what is paused over it."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    grant = await face.store.read(grants.get, caller.workspace.id, row.id)
    ends = grant.expires_at if grant is not None and grant.renew_at is None else None
    paused = await pausing.over(face.store, caller.workspace.id, "", row.id)
    return HealthShown(state=row.state, note=row.note, expires_at=ends, paused=paused)


@router.patch("/accounts/{account}", summary="Change settings of an account")
async def change_account(face: TheFace, caller: Writes, account: Id, given: AccountChangeIn, seen: Read) -> AccountFull:
    """Change settings, checked together with those that stay."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    store = held(face.store, states.thing(caller.workspace.id, KIND, account), seen)
    await actions.change(store, face.registry, row, given.settings)
    return _full(await face.store.read(accounts.get, caller.workspace.id, account), caller)


@router.post("/accounts/{account}/reconnect", summary="Use a lost account again")
async def reconnect_account(face: TheFace, caller: Writes, account: Id, given: ReconnectIn, seen: Read) -> Reconnected:
    """Use a lost account again, with new secrets where there are any; one of a browser platform is connected again."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    secrets = shapes.revealed(given.secrets)
    actions.refuse_without_browser(face.registry, row, secrets)
    kind = actions.kind_of(face.registry, row.platform)
    actions.check_secret_names(kind, secrets)
    actions.check_secrets(kind, row.settings, secrets)
    now, store = face.clock.now(), held(face.store, states.thing(caller.workspace.id, KIND, account), seen)
    return Reconnected(
        deliveries=await actions.reconnect(store, lambda: face.vault, caller.workspace, row, secrets, now)
    )


@router.delete("/accounts/{account}", summary="Remove an account")
async def remove_account(face: TheFace, caller: Writes, account: Id, seen: Read) -> Removed:
    """Remove an account with its secrets, its consent and all its deliveries, for good."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    store = held(face.store, states.thing(caller.workspace.id, KIND, account), seen)
    return Removed(still_sending=await store.write(accounts.remove, caller.workspace.id, [row.id]))


def _full(row: AccountRow, caller: Caller) -> AccountFull:
    settings = json.loads(row.settings) if caller.role == Role.OWNER else None
    return AccountFull(**shapes.account(row, calls_of(row)).model_dump(), settings=settings)
