"""How an app gets a token at LinkedIn, and of what it dies.

From learn.microsoft.com, authorization-code-flow (2026 copies): a token lives for 60 days, ordinary apps get nothing to
renew it with, and when a member agrees to other scopes, the earlier tokens of the app are good no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi.responses import JSONResponse, Response

from sandbox.forms import form_of
from sandbox.linkedin.refusals import expired_token, invalid_token, revoked_token
from sandbox.misbehaviour import played
from sandbox.oauth import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from sandbox.network import Network
    from sandbox.oauth import Token

REFUSED: Final = {"access_denied": "user_cancelled_authorize", "invalid_scope": "unauthorized_scope_error"}
"""What LinkedIn calls it when a member says no, and when an app asks for what it was not given."""
_NO_MATCH: Final = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)


def granted(network: Network, value: str) -> Token:
    """Return the token of a request, or refuse it by what it died of."""
    token = network.authority.tokens.get(value)
    if token is None:
        raise invalid_token()
    match network.authority.state(token):
        case "":
            return token
        case "expired":
            raise expired_token()
        case _:
            raise revoked_token()


async def token_answer(network: Network, request: Request) -> Response:
    """Answer a request for a token."""
    values = (await form_of(request)).values

    async def well() -> Response:
        try:
            return _token(network, values)
        except OAuthError as error:
            status = 401 if error.error == "invalid_client" else 400
            return JSONResponse({"error": error.error, "error_description": error.description}, status)

    return await played(network, request, "token", "", well)


def _token(network: Network, values: Mapping[str, str]) -> Response:
    authority = network.authority
    if missing := [name for name in ("grant_type", "client_id", "client_secret") if not values.get(name)]:
        raise OAuthError("invalid_request", f'A required parameter "{missing[0]}" is missing')
    if values["grant_type"] != "authorization_code":
        raise OAuthError(
            "unsupported_grant_type", "This app is not allowed to refresh tokens or to act without members"
        )
    try:
        client = authority.client(values["client_id"], values["client_secret"])
    except OAuthError as error:
        raise OAuthError("invalid_client", "Client authentication failed") from error
    code_values = [values.get(name, "") for name in ("code", "redirect_uri", "code_verifier")]
    try:
        code = authority.redeem(client, *code_values)
    except OAuthError as error:
        raise OAuthError("invalid_request", _NO_MATCH) from error
    token, _ = authority.grant(code)
    _forget_other_scopes(network, token)
    return JSONResponse(
        {
            "access_token": token.value,
            "expires_in": int(authority.policy.access_life.total_seconds()),
            "scope": ",".join(sorted(token.scopes)),
            "token_type": "Bearer",
        }
    )


def _forget_other_scopes(network: Network, token: Token) -> None:
    for other in list(network.authority.tokens.values()):
        same = (other.account, other.client) == (token.account, token.client)
        if same and not other.dead and set(other.scopes) != set(token.scopes):
            network.authority.keep_token(other.model_copy(update={"dead": "other scopes"}))
