"""An account at X: connected by whoever owns it, and renewed by tokens that work once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.x.errors import classify_x
from engine.contract.oauth import Identity, OAuthApp, OAuthKind
from engine.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.contract.oauth import OAuthContext, Tokens
    from engine.errors import ChappeError


class XApp(OAuthApp):
    """Your app at developer.x.com, and where X is."""

    authorize: HttpUrl = Field(
        default=HttpUrl("https://x.com/i/oauth2/authorize"), description="Where a person agrees."
    )
    token: HttpUrl = Field(
        default=HttpUrl("https://api.x.com/2/oauth2/token"), description="Where codes and refresh tokens are exchanged."
    )
    api: HttpUrl = Field(default=HttpUrl("https://api.x.com"), description="Where the API is.")


class _User(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(pattern=r"^[0-9]{1,19}$")
    name: str = ""
    username: str = ""


class _Me(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    data: _User


class X(OAuthKind):
    """An access token lives for two hours; each refresh token works once and brings the next one.

    docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code, read 2026-08-22. X says `invalid_request` of a
    refresh token that was used before (public issue threads of 2022 to 2026).
    """

    kind = "x"
    title = "X account"
    network = "X"
    AppSettings = XApp
    example: ClassVar = {}
    app_example: ClassVar = {"client_id": "bXlhcHA6MTpjaQ"}
    scopes = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
    needed = ("tweet.read", "tweet.write", "users.read", "media.write")
    renewable = True
    client_auth = "basic"
    dead = frozenset({"invalid_grant", "access_denied", "invalid_request"})

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        """Return the account that agreed."""
        url = ctx.app.settings.address("/2/users/me")
        answer = await ctx.http.fetch("GET", url, headers={"Authorization": f"Bearer {tokens.access}"})
        try:
            user = _Me.model_validate_json(answer.body).data
        except ValueError:
            raise TransientError("X answered with something else than whose account it is.") from None
        return [
            Identity(user.id, f"@{user.username}" if user.username else user.name, f"https://x.com/{user.username}")
        ]

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by the codes of OAuth at the token endpoint, and by X's problems at its API."""
        if b'"title"' in body:
            return classify_x(status, headers, body)
        return super().classify(status, headers, body)
