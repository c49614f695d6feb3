"""Connect an account from a web page: begun in a browser's session, and taken up in that session alone.

What is kept of a state is a hash over the session besides, so that a callback which somebody else's browser brings is
refused. Who was found waits, sealed, for ten minutes until it is confirmed: no account is made or changed before.
"""

from __future__ import annotations

import json
import secrets as secret_source
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from api.actions import connecting
from api.actions.connecting import VALID_FOR, Begun, Desk, Found, StrangeAnswerError
from engine.contract.oauth import Identity, Tokens
from engine.errors import ConflictError
from engine.ids import new_id
from engine.run.sealing import state_place
from engine.store import accounts, oauth_states
from engine.store.oauth_states import StateRow, hash_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.oauth import OAuthKind
    from engine.store.accounts import AccountRow


@dataclass(frozen=True, slots=True)
class Answered:
    """Who was found: `token` confirms one of them; `account` is the one that is connected again, None for a new one."""

    token: str
    kind: OAuthKind
    found: Sequence[Found]
    account: AccountRow | None
    person_id: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which identity is meant, and what the account is to be called; None is a name that is suggested."""

    remote_id: str
    name: str | None = None
    calls: bool = True


def bound(state: str, session: str) -> str:
    """Return a state as it is kept: tied to a session."""
    return f"{state}.{hash_of(session)}"


def state_of(address: str) -> str:
    """Return the state in an address that a browser was sent to. Pure."""
    return next(iter(parse_qs(urlsplit(address).query).get("state", [])), "")


async def answered(desk: Desk, kind: OAuthKind, row: StateRow, address: str, session: str) -> Answered:
    """Exchange the code of a callback, and keep who it speaks for until that is confirmed."""
    state = state_of(address)
    try:
        code = connecting.read_redirect(Begun(kind, "", row.redirect_uri, state), address)
    except StrangeAnswerError:
        raise
    except ConflictError:  # the platform was told no: nobody may come back with this state
        await desk.store.write(oauth_states.use, desk.workspace.id, bound(state, session), desk.clock.now())
        raise
    found = await connecting.finish(desk, Begun(kind, "", row.redirect_uri, bound(state, session)), code)
    account = None
    if row.account_id is not None:
        account = await desk.store.read(accounts.get, desk.workspace.id, row.account_id)
        found = [each for each in found if account.remote_id in (None, each.identity.remote_id)] or found[:1]
        connecting.check_same(Begun(kind, "", row.redirect_uri, state), found[0], account)
    token_id, secret, now = new_id(), secret_source.token_urlsafe(32), desk.clock.now()
    kept = StateRow(
        id=token_id,
        workspace_id=desk.workspace.id,
        secret_hash=hash_of(f"{secret}.{hash_of(session)}"),
        platform=kind.kind,
        account_id=row.account_id,
        person_id=row.person_id,
        redirect_uri="",
        sealed=desk.vault.seal(
            desk.workspace.data_key, json.dumps(list(map(_written, found))), state_place(desk.workspace.id, token_id)
        ),
        expires_at=now + VALID_FOR,
    )
    await desk.store.write(oauth_states.begin, kept, now)
    return Answered(f"{token_id}.{secret}", kind, found, account, row.person_id)


async def confirm(desk: Desk, kind: OAuthKind, token: str, session: str, wish: Wish) -> AccountRow:
    """Save the identity that is meant. Raises ConflictError where it was not found, or is another than the account's.

    What is refused may be tried again within the ten minutes, with another name for instance.
    """
    now = desk.clock.now()
    row = await desk.store.read(oauth_states.peek, bound(token, session), now)
    if row is None or row.workspace_id != desk.workspace.id or row.redirect_uri:
        raise StrangeAnswerError("Nothing waits to be confirmed by this token here: begin again.")
    opened = desk.vault.open(desk.workspace.data_key, row.sealed, state_place(desk.workspace.id, row.id)).reveal()
    meant = [each for each in map(_read, json.loads(opened)) if each.identity.remote_id == wish.remote_id]
    if not meant:
        raise ConflictError(f"{kind.network} did not name {wish.remote_id}: confirm one of those that it named.")
    begun = Begun(kind, "", "", token)
    if row.account_id is None:
        name = wish.name or connecting.suggested_name(meant[0], kind.kind)
        kept = await connecting.keep(desk, begun, meant[0], name=name, person_id=row.person_id)
    else:
        kept = await desk.store.read(accounts.get, desk.workspace.id, row.account_id)
        await connecting.keep_again(desk, begun, meant[0], kept)
    await desk.store.write(oauth_states.use, desk.workspace.id, bound(token, session), now)
    if wish.calls:
        await connecting.ask_calls(desk, begun, meant[0], kept)
    return await desk.store.read(accounts.get, desk.workspace.id, kept.id)


def _written(found: Found) -> dict[str, Any]:
    who, tokens = found.identity, found.tokens
    return {
        "who": [who.remote_id, who.name, who.url, dict(who.settings)],
        "tokens": [tokens.access, tokens.refresh, tokens.expires_at and tokens.expires_at.isoformat(), tokens.scopes],
    }


def _read(said: dict[str, Any]) -> Found:
    remote_id, name, url, settings = said["who"]
    access, refresh, ends, scopes = said["tokens"]
    expires_at = datetime.fromisoformat(ends) if ends else None
    return Found(Identity(remote_id, name, url, settings), Tokens(access, refresh, expires_at, tuple(scopes)))
