"""Accounts that are connected in the browser: begun, answered by the platform, and saved once somebody says who it is.

Only a session can connect, and only the one that began: the platform sends the browser back here, whose cookie must be
the same. An API key has no browser.
"""

from __future__ import annotations

import html
import secrets
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api import credentials
from api.actions import connecting, connecting_web, naming
from api.actions.connecting import VALID_FOR, Desk, StrangeAnswerError, Web, calls_of
from api.actions.connecting_web import Wish
from api.deps import Caller, Face, May, Role, Signed, SignedIn, TheFace
from api.errors import ForbiddenError
from api.openapi_words import KEYLESS
from api.shapes import accounts as account_shapes
from api.shapes import connecting as shapes
from api.shapes.accounts import AccountShown
from api.shapes.common import Id
from api.shapes.connecting import ConfirmIn, ConnectBegun, Connected, ConnectIn
from engine.errors import ConflictError
from engine.store import accounts, oauth_states, workspaces
from engine.store.accounts import AccountRow

if TYPE_CHECKING:
    from engine.contract.oauth import OAuthKind
    from engine.store.workspaces import Workspace

router: Final = APIRouter(tags=["accounts"])

CALLBACK: Final = "/connect/callback"
_HERE: Final = "/workspaces/{workspace}/accounts"
_BROWSER: Final = {KEYLESS: True}
_PAGE: Final = Template(files("api").joinpath("pages", "connected.html").read_text(encoding="utf-8"))

Writes = Annotated[Caller, May("accounts:write", Role.OWNER)]
Sent = Annotated[Signed, Depends(SignedIn(any_query=True))]


@router.post(f"{_HERE}/connect", summary="Begin to connect an account", openapi_extra=_BROWSER)
async def connect_account(face: TheFace, caller: Writes, request: Request, given: ConnectIn) -> ConnectBegun:
    """Give the address to send the browser to, where a person agrees; nothing is saved before it is confirmed."""
    kind = connecting.kind_of(face.registry, given.platform)
    owner = await naming.person_of(face.store, caller.workspace.id, given.person) if given.person else None
    return await _begun(face, caller, request, kind, person_id=owner.id if owner else None)


@router.post(f"{_HERE}/connect/confirm", summary="Save a connected account", openapi_extra=_BROWSER)
async def confirm_account(face: TheFace, caller: Writes, request: Request, given: ConfirmIn) -> AccountShown:
    """Save the identity that is meant; an account that is connected again must be the same there."""
    session = _session(request)
    row = await face.store.read(oauth_states.peek, connecting_web.bound(given.confirm, session), face.clock.now())
    if row is None or row.workspace_id != caller.workspace.id:
        raise StrangeAnswerError("Nothing waits to be confirmed by this token here: begin again.")
    kind = connecting.kind_of(face.registry, row.platform)
    wish = Wish(given.remote_id, given.name, given.calls)
    made = await connecting_web.confirm(_desk(face, caller.workspace), kind, given.confirm, session, wish)
    return account_shapes.account(made, calls_of(made))


@router.post(f"{_HERE}/{{account}}/connect", summary="Begin to connect an account again", openapi_extra=_BROWSER)
async def connect_account_again(face: TheFace, caller: Writes, request: Request, account: Id) -> ConnectBegun:
    """Give the address where the same identity agrees again."""
    row = await face.store.read(accounts.get, caller.workspace.id, account)
    return await _begun(face, caller, request, connecting.kind_of(face.registry, row.platform), account=row)


@router.get(
    CALLBACK, summary="Take a platform's answer", response_model=Connected, responses={409: {}}, openapi_extra=_BROWSER
)
async def connect_callback(face: TheFace, signed: Sent, request: Request) -> Response:
    """Show who the platform says it is, in the session that began; nothing is saved yet."""
    session = _session(request)
    state = connecting_web.state_of(str(request.url))
    row = await face.store.read(oauth_states.peek, connecting_web.bound(state, session), face.clock.now())
    if row is None or not row.redirect_uri:
        raise StrangeAnswerError("This does not belong to what was begun in this browser within ten minutes.")
    workspace = await face.store.read(workspaces.get, row.workspace_id)
    kind = connecting.kind_of(face.registry, row.platform)
    answer = await connecting_web.answered(_desk(face, workspace), kind, row, str(request.url), session)
    shown = shapes.connected(answer, workspace.name)
    if "text/html" in request.headers.get("accept", ""):
        return _page(shown, kind.network, signed.csrf or "", request)
    return JSONResponse(shown.model_dump(mode="json"), headers={"cache-control": "no-store"})


async def _begun(
    face: Face, caller: Caller, request: Request, kind: OAuthKind, *, person_id: str | None = None,
    account: AccountRow | None = None,
) -> ConnectBegun:  # fmt: skip
    session = _session(request)
    if not face.settings.public_url:
        raise ConflictError("Platforms send browsers back here: set CHAPPE_PUBLIC_URL to where others reach it.")
    web = Web(f"{face.settings.public_url}/api/v1{CALLBACK}", session)
    desk = _desk(face, caller.workspace)
    begun = await connecting.begin(desk, kind, port=None, person_id=person_id, account=account, web=web)
    ends = face.clock.now() + VALID_FOR
    return ConnectBegun(address=begun.address, redirect_uri=begun.redirect_uri, expires_at=ends)


def _session(request: Request) -> str:
    session = "" if credentials.bearer(request) else credentials.cookie(request)
    if not session:
        raise ForbiddenError("An account is connected in a browser: sign in there, an API key cannot do it.")
    return session


def _desk(face: Face, workspace: Workspace) -> Desk:
    return Desk(face.store, face.vault, face.http, face.clock, workspace)


def _page(shown: Connected, network: str, csrf: str, request: Request) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    base = request.url.path.removesuffix(CALLBACK)
    found = "".join(
        f'<li><button data-id="{html.escape(each.remote_id)}">{html.escape(each.name)}</button>'
        f" {html.escape(each.url)}</li>"
        for each in shown.identities
    )
    page = _PAGE.substitute(
        network=html.escape(network), found=found, nonce=nonce, csrf=csrf, token=shown.confirm,
        address=f"{base}/workspaces/{shown.workspace}/accounts/connect/confirm",
    )  # fmt: skip
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    headers = {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HTMLResponse(page, headers=headers)
