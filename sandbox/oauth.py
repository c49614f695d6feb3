"""What the authorization servers of the networks share: clients, codes that work once, tokens that age and die.

The wire format is each network's own: here refusals are `OAuthError`s with the names of RFC 6749.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.clock import Clock

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class OAuthError(Exception):
    """A refusal: `error` is its name in RFC 6749, `told` where it may be told by a redirect."""

    def __init__(self, error: str, description: str, *, told: str = "") -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.told = told


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Client(_Record):
    """An app that is registered; without a secret it is a public one.

    A redirect address fits when it is one of `redirects`; one of this machine without a path there fits with every
    port and path.
    """

    id: str
    name: str
    secret: str | None = Field(default=None, repr=False)
    redirects: tuple[str, ...] = ("http://127.0.0.1", "http://localhost")

    def fits(self, redirect: str) -> bool:
        """Tell whether a code may be sent there."""
        parts = urlsplit(redirect)
        anywhere = f"{parts.scheme}://{parts.hostname}"
        return redirect in self.redirects or (parts.hostname in LOOPBACK and anywhere in self.redirects)


class Policy(_Record):
    """How long codes and tokens live at a network, and what it asks of clients.

    `renewal` says what comes with an access token: nothing, a refresh token that stays, or one that works once.
    """

    code_life: timedelta
    access_life: timedelta
    scopes: frozenset[str]
    pkce: Literal["required", "optional"] = "optional"
    renewal: Literal["none", "stays", "rotates"] = "none"
    renewal_scope: str = ""
    refresh_life: timedelta | None = None


class Ask(_Record):
    """What an app asks a person for, once it has been found in order."""

    client: Client
    redirect: str
    scopes: tuple[str, ...]
    state: str = ""
    challenge: str = ""


class Code(_Record):
    """An authorization code: it works once, for its client and its redirect address."""

    value: str
    family: str
    client: str
    account: str
    redirect: str
    scopes: tuple[str, ...]
    challenge: str
    expires_at: AwareDatetime
    used: bool = False


class Token(_Record):
    """A token of a kind (`access`, `refresh`, or a network's own) of an account, perhaps to act for `subject`.

    Tokens of one consent are a family and can be killed together. `dead` says of what a token died, "" while it lives.
    """

    value: str = Field(repr=False)
    kind: str
    family: str
    client: str
    account: str
    scopes: tuple[str, ...]
    issued_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    subject: str = ""
    dead: str = ""


class Authority:
    """The authorization server of a network; `note(what, record)` keeps what survives a kill."""

    def __init__(
        self, policy: Policy, client: Client, clock: Clock, note: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self.policy = policy
        self.clients = {client.id: client}
        self.tokens: dict[str, Token] = {}
        self.prefix = ""
        self._codes: dict[str, Code] = {}
        self._clock = clock
        self._note = note

    def register(self, client: Client) -> None:
        """Add an app, or change one."""
        self.clients[client.id] = client
        self._note("client", client.model_dump(mode="json"))

    def asked(self, query: Mapping[str, str]) -> Ask:
        """Return what the query of an authorization address asks for; OAuthError where it is not in order."""
        client = self.clients.get(query.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_client", "There is no app with this client_id.")
        redirect = query.get("redirect_uri", "")
        if not client.fits(redirect):
            raise OAuthError("invalid_request", "The redirect_uri is not one that the app has registered.")
        if query.get("response_type", "code") != "code":
            raise OAuthError("unsupported_response_type", "Only response_type=code is served.", told=redirect)
        scopes = tuple(dict.fromkeys(query.get("scope", "").replace(",", " ").split()))
        if unknown := [scope for scope in scopes if scope not in self.policy.scopes]:
            raise OAuthError("invalid_scope", f"Unknown scopes: {', '.join(unknown)}.", told=redirect)
        challenge = query.get("code_challenge", "")
        if (challenge and query.get("code_challenge_method") != "S256") or (
            self.policy.pkce == "required" and not challenge
        ):
            raise OAuthError("invalid_request", "A code_challenge of the method S256 is asked for.", told=redirect)
        return Ask(client=client, redirect=redirect, scopes=scopes, state=query.get("state", ""), challenge=challenge)

    def agree(self, ask: Ask, account: str, scopes: Iterable[str] | None = None) -> Code:
        """Let a person say yes, to all scopes or to these; returns the code that the app gets."""
        code = Code(
            value=secrets.token_urlsafe(32),
            family=secrets.token_hex(8),
            client=ask.client.id,
            account=account,
            redirect=ask.redirect,
            scopes=ask.scopes if scopes is None else tuple(scope for scope in ask.scopes if scope in set(scopes)),
            challenge=ask.challenge,
            expires_at=self._clock.now() + self.policy.code_life,
        )
        self._keep_code(code)
        return code

    def client(self, client_id: str, secret: str | None) -> Client:
        """Return an app that shows who it is; OAuthError where it cannot."""
        client = self.clients.get(client_id)
        if client is None or not hmac.compare_digest((client.secret or "").encode(), (secret or "").encode()):
            raise OAuthError("invalid_client", "The client_id or the client secret is wrong.")
        return client

    def redeem(self, client: Client, value: str, redirect: str, verifier: str = "") -> Code:
        """Use a code up; a second use is refused and kills the tokens that came of the first (RFC 6749, 4.1.2)."""
        code = self._codes.get(value)
        if code is None or code.client != client.id:
            raise OAuthError("invalid_grant", "The code is not one that this app was given.")
        if code.used:
            self._kill(lambda token: token.family == code.family, "code used twice")
            raise OAuthError("invalid_grant", "The code has been used.")
        self._keep_code(code.model_copy(update={"used": True}))
        if code.expires_at <= self._clock.now():
            raise OAuthError("invalid_grant", "The code has expired.")
        if code.redirect != redirect:
            raise OAuthError("invalid_grant", "The redirect_uri is not the one that the code was asked with.")
        if code.challenge and not hmac.compare_digest(code.challenge, challenge_of(verifier)):
            raise OAuthError("invalid_grant", "The code_verifier does not fit the code_challenge.")
        return code

    def grant(self, code: Code) -> tuple[Token, Token | None]:
        """Return the access token that a code is good for, and the refresh token where the network gives one."""
        return self._pair(code.family, code.client, code.account, code.scopes)

    def renew(self, client: Client, value: str) -> tuple[Token, Token | None]:
        """Exchange a refresh token; where they rotate, one that was used kills its family (RFC 9700, 4.14.2)."""
        token = self.tokens.get(value)
        if token is None or token.kind != "refresh" or token.client != client.id:
            raise OAuthError("invalid_grant", "The refresh token is not one that this app was given.")
        if token.dead == "used":
            self._kill(lambda other: other.family == token.family, "refresh token used twice")
        if self.state(token):
            raise OAuthError("invalid_grant", "The refresh token is invalid, expired or revoked.")
        if self.policy.renewal == "rotates":
            self.keep_token(token.model_copy(update={"dead": "used"}))
            return self._pair(token.family, token.client, token.account, token.scopes)
        return self._access(token.family, token.client, token.account, token.scopes), token

    def issue(self, **fields: Any) -> Token:
        """Make a token of any kind, issued now."""
        value = self.prefix + secrets.token_urlsafe(48)
        return self.keep_token(Token(value=value, issued_at=self._clock.now(), **fields))

    def state(self, token: Token) -> str:
        """Return "" for a token that lives, or of what it died; `expired` when its time has come."""
        if not token.dead and token.expires_at is not None and token.expires_at <= self._clock.now():
            return "expired"
        return token.dead

    def living(self, value: str) -> Token | None:
        """Return a token that is good now."""
        token = self.tokens.get(value)
        return None if token is None or self.state(token) else token

    def kill(self, account: str, reason: str) -> int:
        """Let every token of an account, or to act for it, die of a reason; returns how many did."""
        return self._kill(lambda token: account in {token.account, token.subject}, reason)

    def revoke(self, value: str) -> None:
        """Let a token die with its family, as when an app signs a person out."""
        if token := self.tokens.get(value):
            self._kill(lambda other: other.family == token.family, "revoked")

    def keep_token(self, token: Token) -> Token:
        """Take a token as it is."""
        self.tokens[token.value] = token
        self._note("token", token.model_dump(mode="json"))
        return token

    def again(self, what: str, record: dict[str, Any]) -> None:
        """Take what an earlier process kept."""
        match what:
            case "client":
                client = Client(**record)
                self.clients[client.id] = client
            case "code":
                code = Code(**record)
                self._codes[code.value] = code
            case "token":
                token = Token(**record)
                self.tokens[token.value] = token

    def _pair(self, family: str, client: str, account: str, scopes: tuple[str, ...]) -> tuple[Token, Token | None]:
        access = self._access(family, client, account, scopes)
        wanted = self.policy.renewal_scope
        if self.policy.renewal == "none" or (wanted and wanted not in scopes):
            return access, None
        life = self.policy.refresh_life
        ends = None if life is None else self._clock.now() + life
        return access, self.issue(
            kind="refresh", family=family, client=client, account=account, scopes=scopes, expires_at=ends
        )

    def _access(self, family: str, client: str, account: str, scopes: tuple[str, ...]) -> Token:
        ends = self._clock.now() + self.policy.access_life
        return self.issue(kind="access", family=family, client=client, account=account, scopes=scopes, expires_at=ends)

    def _keep_code(self, code: Code) -> None:
        self._codes[code.value] = code
        self._note("code", code.model_dump(mode="json"))

    def _kill(self, chosen: Callable[[Token], bool], reason: str) -> int:
        dying = [token for token in self.tokens.values() if chosen(token) and not token.dead]
        for token in dying:
            self.keep_token(token.model_copy(update={"dead": reason}))
        return len(dying)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
