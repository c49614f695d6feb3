"""How an app gets tokens at X, renews them, and gives them back.

From xdevplatform/docs, authorization-code (read on 2026-08-22). A refresh token works once; when one comes again, all
tokens of that consent die. Refusals say `invalid_request` where RFC 6749 says `invalid_grant`, as public issue threads
of 2022 to 2026 show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi.responses import JSONResponse, Response

from sandbox.forms import basic_of, form_of
from sandbox.misbehaviour import played
from sandbox.oauth import OAuthError
from sandbox.x.problems import unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from sandbox.network import Network
    from sandbox.oauth import Client, Token

_STATUS: Final = {"unauthorized_client": 401}


def granted(network: Network, value: str) -> Token:
    """Return the living access token of a request, or refuse it: X does not say of what a token died."""
    token = network.authority.living(value)
    if token is None or token.kind != "access":
        raise unauthorized()
    return token


async def token_answer(network: Network, request: Request) -> Response:
    """Answer a request for tokens."""
    values = (await form_of(request)).values
    spent = network.authority.tokens.get(values.get("refresh_token", ""))

    async def well() -> Response:
        try:
            client = _client(network, request, values)
            return JSONResponse(_tokens(network, client, values), headers={"cache-control": "no-store"})
        except OAuthError as error:
            return _refused(error)

    return await played(network, request, "token", spent.account if spent else "", well)


async def revoke_answer(network: Network, request: Request) -> Response:
    """Answer the request to let a token, and what was given with it, be good no more."""
    values = (await form_of(request)).values
    token = network.authority.tokens.get(values.get("token", ""))

    async def well() -> Response:
        try:
            _client(network, request, values)
        except OAuthError as error:
            return _refused(error)
        network.authority.revoke(values.get("token", ""))
        return JSONResponse({"revoked": True})

    return await played(network, request, "revoke", token.account if token else "", well)


def _client(network: Network, request: Request, values: Mapping[str, str]) -> Client:
    """Return the app: one with a secret shows it by HTTP's basic authentication, and in no other way."""
    basic = basic_of(request)
    named = network.authority.clients.get(values.get("client_id", ""))
    if basic is None and (named is None or named.secret is not None):
        raise OAuthError("unauthorized_client", "Missing valid authorization header")
    try:
        return network.authority.client(*(basic or (values["client_id"], None)))
    except OAuthError as error:
        raise OAuthError("unauthorized_client", "Missing valid authorization header") from error


def _tokens(network: Network, client: Client, values: Mapping[str, str]) -> dict[str, object]:
    match values.get("grant_type"):
        case "authorization_code":
            pair = _first(network, client, values)
        case "refresh_token":
            pair = _renewed(network, client, values)
        case _:
            raise OAuthError("unsupported_grant_type", "Value passed for the grant type was invalid.")
    access, refresh = pair
    said: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": int(network.authority.policy.access_life.total_seconds()),
        "access_token": access.value,
        "scope": " ".join(access.scopes),
    }
    return said | ({"refresh_token": refresh.value} if refresh else {})


def _first(network: Network, client: Client, values: Mapping[str, str]) -> tuple[Token, Token | None]:
    given = [values.get(name, "") for name in ("code", "redirect_uri", "code_verifier")]
    try:
        return network.authority.grant(network.authority.redeem(client, *given))
    except OAuthError as error:
        raise OAuthError("invalid_request", "Value passed for the authorization code was invalid.") from error


def _renewed(network: Network, client: Client, values: Mapping[str, str]) -> tuple[Token, Token | None]:
    try:
        return network.authority.renew(client, values.get("refresh_token", ""))
    except OAuthError as error:
        raise OAuthError("invalid_request", "Value passed for the token was invalid.") from error


def _refused(error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, _STATUS.get(error.error, 400))
