"""Who calls: an app, a person, or a person for a page; and what each may do."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.facebook.errors import DEATHS, GraphError

if TYPE_CHECKING:
    from sandbox.network import Network
    from sandbox.oauth import Client, Token
    from sandbox.people import Account

TASKS: Final = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
LONG: Final = timedelta(seconds=5_183_944)
"""How long a long-lived user token lives ("Get Long-Lived Tokens")."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: `token` is None for an app that calls by itself."""

    app: Client
    token: Token | None = None

    @property
    def page(self) -> str:
        """The page that the caller acts for, "" for none."""
        return self.token.subject if self.token else ""

    def allows(self, *scopes: str) -> bool:
        """Tell whether the person gave the app all these permissions."""
        return self.token is not None and set(scopes) <= set(self.token.scopes)


def caller_of(network: Network, value: str, proof: str = "") -> Caller:
    """Return who calls with a token; GraphError where it is none, or dead."""
    if not value:
        raise GraphError("104")
    if "|" in value:
        return Caller(_app(network, *value.split("|", 1)))
    token = network.authority.tokens.get(value)
    if token is None or token.kind not in {"access", "long", "page"}:
        raise GraphError("190")
    if reason := network.authority.state(token) or _roleless(network, token):
        raise GraphError(DEATHS.get(reason, "190/467"))
    app = network.authority.clients[token.client]
    if proof and not hmac.compare_digest(proof, _proof(app, value)):
        raise GraphError("100", "Invalid appsecret_proof provided in the API argument")
    return Caller(app, token)


def roles(network: Network, page: str) -> dict[str, list[str]]:
    """Return who may do what for a page, by the keys of people."""
    given: dict[str, list[str]] | None = network.facts.get("roles", {}).get(page)
    return given if given is not None else {key: list(TASKS) for key in network.accounts[page].managers}


def tasks_of(network: Network, page: str, account: str) -> list[str]:
    """Return what a person may do for a page."""
    return roles(network, page).get(network.accounts[account].person, [])


def pages_of(network: Network, account: str) -> list[Account]:
    """Return the pages that a person may act for."""
    pages = [one for one in network.accounts.values() if one.managers]
    return [page for page in pages if tasks_of(network, page.id, account)]


def page_token(network: Network, user: Token, page: str) -> Token:
    """Return the token to act for a page: always the same for one consent; without an end for a long-lived one."""
    ends = None if user.kind == "long" else user.expires_at
    for token in network.authority.tokens.values():
        same = (token.family, token.subject, token.expires_at) == (user.family, page, ends)
        if same and token.kind == "page" and not network.authority.state(token):
            return token
    return network.authority.issue(
        kind="page", family=user.family, client=user.client, account=user.account, scopes=user.scopes,
        expires_at=ends, subject=page,
    )  # fmt: skip


def long_lived(network: Network, token: Token) -> Token:
    """Return a long-lived token for a person's token that lives."""
    return network.authority.issue(
        kind="long", family=token.family, client=token.client, account=token.account, scopes=token.scopes,
        expires_at=network.clock.now() + LONG,
    )  # fmt: skip


def debugged(network: Network, value: str) -> dict[str, Any]:
    """Return what Meta says of a token to those who ask about it."""
    token = network.authority.tokens.get(value)
    if token is None:
        error = {"code": 190, "message": "Malformed access token"}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    reason = network.authority.state(token) or _roleless(network, token)
    app = network.authority.clients[token.client]
    data: dict[str, Any] = {
        "app_id": app.id,
        "type": "PAGE" if token.kind == "page" else "USER",
        "application": app.name,
        "data_access_expires_at": int((token.issued_at + timedelta(days=90)).timestamp()),
        "expires_at": int(token.expires_at.timestamp()) if token.expires_at else 0,
        "is_valid": not reason,
        "issued_at": int(token.issued_at.timestamp()),
        "scopes": list(token.scopes),
        "user_id": token.account,
    }
    if token.subject:
        data["profile_id"] = token.subject
    if reason:
        code, _, subcode = DEATHS.get(reason, "190/467").partition("/")
        data["error"] = {"code": int(code), "message": "Error validating access token", "subcode": int(subcode)}
    return {"data": data}


def _roleless(network: Network, token: Token) -> str:
    """Return `role` for a page's token whose person may do nothing for the page any more."""
    return "role" if token.kind == "page" and not tasks_of(network, token.subject, token.account) else ""


def _app(network: Network, client_id: str, secret: str) -> Client:
    app = network.authority.clients.get(client_id)
    if app is None or not hmac.compare_digest(app.secret or "", secret):
        raise GraphError("190", "Invalid OAuth access token signature.")
    return app


def _proof(app: Client, value: str) -> str:
    return hmac.new((app.secret or "").encode(), value.encode(), hashlib.sha256).hexdigest()
