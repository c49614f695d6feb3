"""Connect an account in the browser: a state that is used once, a code for tokens, and who they speak for.

`begin` keeps a state for ten minutes and gives the address that a person opens; `read_redirect` reads where the
platform sent the browser then; `finish` uses the state up and exchanges the code; `keep` saves one of the identities.
Nothing is kept of a person before `keep`.
"""

from __future__ import annotations

import json
import random
import re
import secrets as secret_source
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from api.actions.accounts import checked_settings, new_account
from engine.contract.hint import HintingKind
from engine.contract.oauth import Ask, Code, OAuthContext, OAuthKind, Tokens, challenge_of
from engine.errors import (
    AccountLostError,
    ChappeError,
    ConflictError,
    DoubtfulError,
    NotFoundError,
    TransientError,
)
from engine.ids import new_id
from engine.run.apps import opened_app
from engine.run.network import BoundHttp
from engine.run.renew import granted
from engine.run.sealing import grant_place, state_place
from engine.store import accounts, desk, oauth_states
from engine.store.oauth_states import StateRow, hash_of

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.contract.oauth import Identity
    from engine.contract.registry import Registry
    from engine.http_client import HttpClient
    from engine.store.accounts import AccountRow
    from engine.store.grants import Grant
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault

VALID_FOR: Final = timedelta(minutes=10)
DEFAULT_PORT: Final = 8591
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
CALLS: Final = "calls"
"""The setting of an account which says whether its platform calls; a kind with a `call_word` has it."""
_TOLD_MOST: Final = 200


class StrangeAnswerError(ConflictError):
    """What came is not the answer to what was begun: somebody else's, or of an earlier try."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What connecting needs: the database, the vault, the network, the clock, and the workspace."""

    store: Store
    vault: Vault
    http: HttpClient
    clock: Clock
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Begun:
    """A connecting that has begun: the address to open, where the browser is sent back, and what it brings along."""

    kind: OAuthKind
    address: str
    redirect_uri: str
    state: str


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whom the tokens may speak for, not kept yet."""

    identity: Identity
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Calls:
    """Whether a platform calls when an account has news, and why not."""

    on: bool
    why: str = ""


def kind_of(registry: Registry, asked: str) -> OAuthKind:
    """Return the account kind of a platform, by its name or by how it begins: `facebook` is `facebook_page`."""
    known = {name: kind for name, kind in registry.accounts.items() if issubclass(kind, OAuthKind)}
    found = [name for name in known if name == asked] or [name for name in known if name.split("_")[0] == asked]
    if len(found) != 1:
        there = f"There is {', '.join(sorted(known))}." if known else "No connector that is installed has any."
        raise NotFoundError(f"There is no platform {asked} whose accounts are connected in the browser. {there}")
    return known[found[0]]()


@dataclass(frozen=True, slots=True)
class Web:
    """Where a browser is sent back to this service, and whose session began: `session` is its token."""

    redirect_uri: str
    session: str


async def begin(  # where the browser comes back to, and what for
    desk_: Desk,
    kind: OAuthKind,
    *,
    port: int | None,
    person_id: str | None,
    account: AccountRow | None,
    web: Web | None = None,
) -> Begun:
    """Keep a state and return the address to open; raises MappingError where no app is set.

    Without `web` the browser comes back to a port of this machine, or to where the app says.
    """
    where = {"workspace_id": desk_.workspace.id, "data_key": desk_.workspace.data_key}
    app = await opened_app(desk_.store, desk_.vault, kind, **where)
    own = f"http://{kind.loopback}:{port or DEFAULT_PORT}/callback/{kind.kind}"
    redirect_uri = str(app.settings.redirect) if app.settings.redirect and port is None else own
    redirect_uri = web.redirect_uri if web else redirect_uri
    state_id, secret, verifier = new_id(), secret_source.token_urlsafe(32), secret_source.token_urlsafe(64)
    now = desk_.clock.now()
    row = StateRow(
        id=state_id,
        workspace_id=desk_.workspace.id,
        secret_hash=hash_of(f"{secret}.{hash_of(web.session)}" if web else secret),
        platform=kind.kind,
        account_id=account.id if account else None,
        person_id=account.person_id if account else person_id,
        redirect_uri=redirect_uri,
        sealed=desk_.vault.seal(desk_.workspace.data_key, verifier, state_place(desk_.workspace.id, state_id)),
        expires_at=now + VALID_FOR,
    )
    await desk_.store.write(oauth_states.begin, row, now)
    state = f"{state_id}.{secret}"
    return Begun(kind, kind.authorize_url(app, Ask(redirect_uri, state, challenge_of(verifier))), redirect_uri, state)


def read_redirect(begun: Begun, address: str) -> str:
    """Return the code in an address that the browser was sent to; raises ConflictError with what is wrong. Pure."""
    network = begun.kind.network
    try:
        query = {name: values for name, values in parse_qs(urlsplit(address.strip()).query).items() if len(values) == 1}
    except ValueError:
        query = {}
    said = {name: values[0] for name, values in query.items()}
    if "code" not in said and "error" not in said:
        raise StrangeAnswerError(f"This is not where {network} sends you: that begins with {begun.redirect_uri}.")
    if not secret_source.compare_digest(said.get("state", "").encode(), begun.state.encode()):
        raise StrangeAnswerError("This address belongs to another try, not to the one that you began here.")
    if said.get("error") in ("access_denied", "user_cancelled_login", "user_cancelled_authorize"):
        raise ConflictError(f"{network} was told no: nothing was connected.")
    if "error" in said:
        why = _plain(said.get("error_description") or said["error"])
        raise ConflictError(
            f"{network} refused before it asked: {why}. Is the redirect address registered for the app?"
        )
    return said["code"]


async def finish(desk_: Desk, begun: Begun, code: str) -> list[Found]:
    """Use the state up, exchange the code, and return whom the tokens may speak for: one, or several to choose from.

    Raises ConflictError with a sentence for what went wrong; nothing is kept then.
    """
    workspace, kind, now = desk_.workspace, begun.kind, desk_.clock.now()
    row = await desk_.store.write(oauth_states.use, workspace.id, begun.state, now)
    if row is None or row.platform != kind.kind:
        raise ConflictError("That took longer than ten minutes, or was finished already. Begin again.")
    app = await opened_app(desk_.store, desk_.vault, kind, workspace_id=workspace.id, data_key=workspace.data_key)
    verifier = desk_.vault.open(workspace.data_key, row.sealed, state_place(workspace.id, row.id)).reveal()
    ctx = OAuthContext(BoundHttp(desk_.http, kind, fresh=True), app, now)
    try:
        tokens = await kind.exchange(Code(code, row.redirect_uri, verifier), ctx)
        _check_scopes(kind, tokens)
        people = await kind.identities(tokens, ctx)
    except AccountLostError as error:
        message = f"{kind.network} did not take the code, which is good once and for a short time. Begin again."
        raise ConflictError(message) from error
    except (DoubtfulError, TransientError) as error:
        raise ConflictError(
            f"{kind.network} could not be asked: {error} Nothing was connected. Begin again."
        ) from error
    if not people:
        raise ConflictError(f"{kind.network} names nobody whom this may speak for: nothing was connected.")
    return [Found(person, person.tokens or tokens) for person in people]


async def keep(desk_: Desk, begun: Begun, found: Found, *, name: str, person_id: str | None) -> AccountRow:
    """Save a new account; raises ConflictError where it is connected already, or its name is taken."""
    workspace, kind, now = desk_.workspace, begun.kind, desk_.clock.now()
    there = await desk_.store.read(accounts.by_remote_id, workspace.id, kind.kind, found.identity.remote_id)
    if there is not None:
        message = f"{found.identity.name} is connected already, as {there.name}."
        raise ConflictError(f"{message} `chappe accounts reconnect {there.name}` renews the right to use it.")
    settings = checked_settings(type(kind), found.identity.settings)
    made = new_account(workspace, kind.kind, name, settings=settings, person_id=person_id, now=now)
    row = replace(made, remote_id=found.identity.remote_id)
    await desk_.store.write(desk.connect_account, row, _grant(desk_, kind, found, row.id))
    return row


async def keep_again(desk_: Desk, begun: Begun, found: Found, account: AccountRow) -> int:
    """Give an account its new tokens; returns how many deliveries go on. Raises ConflictError for another identity."""
    check_same(begun, found, account)
    there = await desk_.store.read(
        accounts.by_remote_id, desk_.workspace.id, account.platform, found.identity.remote_id
    )
    if there is not None and there.id != account.id:
        raise ConflictError(f"{found.identity.name} is connected as {there.name}: {account.name} was not changed.")
    said = json.loads(account.settings) | dict(found.identity.settings)
    row = replace(account, remote_id=found.identity.remote_id, settings=checked_settings(type(begun.kind), said))
    grant = _grant(desk_, begun.kind, found, account.id)
    return await desk_.store.write(desk.reconnect_account, row, grant, desk_.clock.now())


async def ask_calls(desk_: Desk, begun: Begun, found: Found, account: AccountRow) -> Calls | None:
    """Let the platform call when the account has news, and keep whether it does; None where nobody expects calls.

    An account is of use without them: whatever goes wrong is a sentence, and no error.
    """
    workspace, kind = desk_.workspace, begun.kind
    if not isinstance(kind, HintingKind):
        return None
    app = await opened_app(desk_.store, desk_.vault, kind, workspace_id=workspace.id, data_key=workspace.data_key)
    if not app.secrets.get(kind.call_word):
        return None
    why = ""
    try:
        ctx = OAuthContext(BoundHttp(desk_.http, kind, fresh=True), app, desk_.clock.now())
        await kind.ask_calls(found.identity.remote_id, found.tokens, ctx)
    except ChappeError as error:
        why = str(error)
    said = checked_settings(type(kind), json.loads(account.settings) | {CALLS: not why})
    await desk_.store.write(accounts.set_settings, workspace.id, account.id, said)
    return Calls(on=not why, why=why)


def check_same(begun: Begun, found: Found, account: AccountRow) -> None:
    """Raise ConflictError where somebody else agreed than the one whose account this is."""
    if account.remote_id is not None and account.remote_id != found.identity.remote_id:
        message = f"{account.name} belongs to another identity on {begun.kind.network} than {found.identity.name}."
        raise ConflictError(f"{message} Sign in there as the one it belongs to, and begin again. Nothing was changed.")


def calls_of(account: AccountRow) -> bool | None:
    """Return whether an account's platform was asked to call; None where its kind knows no calls. Pure."""
    said: dict[str, Any] = json.loads(account.settings)
    return bool(said[CALLS]) if CALLS in said else None


def suggested_name(found: Found, kind: str) -> str:
    """Return a name for an account: `lea-martin-x`. Pure."""
    plain = unicodedata.normalize("NFKD", found.identity.name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain) or [found.identity.remote_id]
    return f"{'-'.join(words)[:40].strip('-')}-{kind.split('_', maxsplit=1)[0]}"


def _grant(desk_: Desk, kind: OAuthKind, found: Found, account_id: str) -> Grant:
    place = grant_place(desk_.workspace.id, account_id)
    sealed = desk_.vault.seal(desk_.workspace.data_key, json.dumps(found.tokens.secrets()), place)
    chance = random.Random()  # noqa: S311  # jitter, not a secret
    return granted(kind, found.tokens, sealed, version=0, now=desk_.clock.now(), chance=chance)


def _check_scopes(kind: OAuthKind, tokens: Tokens) -> None:
    """Refuse what could publish nothing; a platform that does not say what was granted is believed."""
    lacking = [scope for scope in kind.needed if scope not in tokens.scopes] if tokens.scopes else []
    if lacking:
        listed = ", ".join(lacking)
        message = f"{kind.network} was not allowed what is needed: {listed}. Begin again, and allow all."
        raise ConflictError(message)


def _plain(text: str) -> str:
    """Return what somebody else wrote, as part of a sentence of ours."""
    flat = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return flat[:_TOLD_MOST].rstrip(". ")
