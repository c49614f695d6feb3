"""Accounts that are connected by OAuth 2: the authorization-code flow and renewal, as a platform declares them.

The requests are those of RFC 6749 (4.1.1, 4.1.3 and 6) with S256 of RFC 7636. A platform that does otherwise overrides
the one method in which it does. What keeps state (the state row, the sealed verifier, the leases) is not here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import quote_plus, urlencode

from pydantic import Field, HttpUrl

from engine.contract.account import AccountKind
from engine.contract.answer import classify_status
from engine.contract.node import NodeConfig
from engine.errors import AccountLostError, DoubtfulError, MappingError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from engine.contract.context import Http
    from engine.errors import ChappeError

ACCESS: Final = "access_token"
REFRESH: Final = "refresh_token"
"""The keys of `Account.secrets`, the same for every platform."""
_LONGEST_LIFE_S: Final = 10 * 365 * 86_400


class OAuthApp(NodeConfig):
    """Our app on a platform, and where the platform is. A platform gives the addresses their official defaults."""

    client_id: str = Field(min_length=1, description="The id of your app, from the platform's developer pages.")
    redirect: HttpUrl | None = Field(
        default=None,
        description="The redirect address that you registered for the app; without it, one on this machine.",
    )
    authorize: HttpUrl = Field(description="Where a person agrees.")
    token: HttpUrl = Field(description="Where codes and refresh tokens are exchanged.")
    api: HttpUrl = Field(description="Where the platform's API is.")

    def address(self, path: str) -> str:
        """Return the API's address of a path such as `/2/users/me`."""
        return f"{str(self.api).rstrip('/')}{path}"


@dataclass(frozen=True, slots=True)
class App:
    """An app opened for one use: its settings, checked, and its secrets."""

    settings: OAuthApp
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """What the address that a person opens carries: `challenge` is the S256 of a verifier that stays with us."""

    redirect_uri: str
    state: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Code:
    """What came back by the redirect, with what the exchange needs beside it."""

    code: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the platform gave. `expires_at` is the access token's end, None where it names none."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()

    def secrets(self) -> dict[str, str]:
        """Return them as `Account.secrets` holds them."""
        return {ACCESS: self.access} | ({REFRESH: self.refresh} if self.refresh else {})


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the tokens may speak for.

    `settings` are those of the account kind. `tokens` are its own where it has some: a Facebook page has, and then
    those of the person who connected it are not kept.
    """

    remote_id: str
    name: str
    url: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tokens: Tokens | None = None


@dataclass(frozen=True, slots=True)
class OAuthContext:
    """Handed to what speaks to the platform; `now` is from before the request."""

    http: Http
    app: App
    now: datetime


class OAuthKind(AccountKind, ABC):
    """An account kind whose accounts are connected in the browser; an instance is made for each use.

    `network` is what the platform is called, where `title` says what an account is there: X, and X account.
    `scopes` are asked for, and those in `needed` must have been granted. `renewable` says that refresh tokens are
    given; `rotates`, that each works once. `pkce` says that the platform checks S256.
    """

    network: ClassVar[str]
    AppSettings: ClassVar[type[OAuthApp]]
    app_secrets: ClassVar[tuple[str, ...]] = ("client_secret",)
    secrets = (ACCESS, REFRESH)
    scopes: ClassVar[tuple[str, ...]]
    needed: ClassVar[tuple[str, ...]] = ()
    pkce: ClassVar[bool] = True
    renewable: ClassVar[bool] = False
    client_auth: ClassVar[Literal["basic", "body"]] = "body"
    loopback: ClassVar[str] = "127.0.0.1"
    """The name of this machine that the platform takes in a redirect address."""
    dead: ClassVar[frozenset[str]] = frozenset({"invalid_grant", "access_denied"})
    """Codes of the token endpoint which say that the code or the refresh token works no more."""

    def authorize_url(self, app: App, ask: Ask) -> str:
        """Return the address that a person opens. Pure."""
        query = {
            "response_type": "code",
            "client_id": app.settings.client_id,
            "redirect_uri": ask.redirect_uri,
            "scope": " ".join(self.scopes),
            "state": ask.state,
        }
        if self.pkce:
            query |= {"code_challenge": ask.challenge, "code_challenge_method": "S256"}
        address = str(app.settings.authorize)
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    async def exchange(self, code: Code, ctx: OAuthContext) -> Tokens:
        """Exchange a code for tokens."""
        form = {"grant_type": "authorization_code", "code": code.code, "redirect_uri": code.redirect_uri}
        if self.pkce:
            form["code_verifier"] = code.verifier
        return await self.ask_tokens(form, ctx)

    @abstractmethod
    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        """Return whom the tokens may speak for: mostly one; a person chooses among several."""

    async def renew(self, tokens: Tokens, ctx: OAuthContext) -> Tokens:
        """Exchange a refresh token for new tokens; a platform that gives no new refresh token keeps the old one."""
        new = await self.ask_tokens({"grant_type": REFRESH, REFRESH: tokens.refresh}, ctx)
        return replace(new, refresh=new.refresh or tokens.refresh, scopes=new.scopes or tokens.scopes)

    async def ask_tokens(self, form: Mapping[str, str], ctx: OAuthContext) -> Tokens:
        """Post a form to the token endpoint once, as the app.

        Raises AccountLostError where the code or the refresh token works no more, MappingError where the app is not
        known, DoubtfulError where nobody can tell whether the platform has used them up.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        app, secret = ctx.app.settings, ctx.app.secrets.get("client_secret", "")
        body = {**form, "client_id": app.client_id}
        if secret and self.client_auth == "basic":
            pair = f"{quote_plus(app.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif secret:
            body["client_secret"] = secret
        answer = await ctx.http.publish("POST", str(app.token), headers=headers, content=urlencode(body).encode())
        return self.read_tokens(answer.body, ctx.now)

    def read_tokens(self, body: bytes, now: datetime) -> Tokens:
        """Read the answer of the token endpoint (RFC 6749, 5.1); raises DoubtfulError where it has no token."""
        said = _document(body)
        access, refresh = said.get(ACCESS), said.get(REFRESH)
        if not isinstance(access, str) or not access:
            message = f"{self.network} answered without an access token."
            raise DoubtfulError(message)
        return Tokens(
            access,
            refresh if isinstance(refresh, str) else "",
            ends_at(said.get("expires_in"), now),
            tuple(str(said.get("scope") or "").replace(",", " ").split()),
        )

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Say what an answer to connecting or renewing means: by the code of RFC 6749, 5.2, else by the status."""
        if 200 <= status < 300:  # noqa: PLR2004  # RFC 9110: successful
            return None
        code = str(_document(body).get("error"))
        if code in self.dead:
            return AccountLostError(f"{self.network} no longer accepts this authorization: it ended or was revoked.")
        if code in ("invalid_client", "unauthorized_client"):
            return MappingError(
                f"{self.network} does not know our app by its id and secret: `chappe apps set {self.kind}` mends them."
            )
        if code == "temporarily_unavailable":
            return TransientError(f"{self.network} is not available at the moment.")
        return classify_status(status, headers, body)


def ends_at(seconds: Any, now: datetime) -> datetime | None:
    """Return when a token ends of which the platform says that it lives so many seconds; None where it says nothing."""
    known = isinstance(seconds, int | float) and 0 < seconds < _LONGEST_LIFE_S
    return now + timedelta(seconds=seconds) if known else None


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")


def _document(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
