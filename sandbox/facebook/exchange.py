"""Getting tokens: a code for a short-lived one, that for a long-lived one, an app's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.facebook.callers import caller_of, long_lived
from sandbox.facebook.errors import GraphError
from sandbox.oauth import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.network import Network
    from sandbox.oauth import Client, Token


def exchange(network: Network, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer of `/oauth/access_token`; GraphError where nothing comes of it."""
    client = _client(network, values)
    match values.get("grant_type", ""):
        case "fb_exchange_token":
            caller = caller_of(network, values.get("fb_exchange_token", ""))
            if caller.token is None or caller.page or caller.app.id != client.id:
                raise GraphError("100", "The fb_exchange_token is not a user token of this app")
            return _told(network, long_lived(network, caller.token))
        case "client_credentials":
            return {"access_token": f"{client.id}|{client.secret}", "token_type": "bearer"}
        case "" | "authorization_code":
            return _told(network, _redeemed(network, client, values))
        case other:
            raise GraphError("100", f"Unsupported grant_type: {other}")


def _client(network: Network, values: Mapping[str, str]) -> Client:
    if not values.get("client_id"):
        raise GraphError("101", "Missing client_id parameter.")
    try:
        return network.authority.client(values["client_id"], values.get("client_secret"))
    except OAuthError:
        raise GraphError("1", "Error validating client secret.") from None


def _redeemed(network: Network, client: Client, values: Mapping[str, str]) -> Token:
    code, redirect = values.get("code", ""), values.get("redirect_uri", "")
    try:
        found = network.authority.redeem(client, code, redirect, values.get("code_verifier", ""))
    except OAuthError as error:
        subcode = _SUBCODES.get(error.description, "36009")
        raise GraphError(f"100/{subcode}", _SAID.get(subcode, error.description)) from None
    return network.authority.grant(found.model_copy(update={"scopes": ("public_profile", *found.scopes)}))[0]


def _told(network: Network, token: Token) -> dict[str, Any]:
    left = int((token.expires_at - network.clock.now()).total_seconds()) if token.expires_at else 0
    return {"access_token": token.value, "token_type": "bearer", "expires_in": left}


_SUBCODES = {
    "The code has expired.": "36007",
    "The redirect_uri is not the one that the code was asked with.": "36008",
    "The code has been used.": "36009",
}
_SAID = {
    "36007": "This authorization code has expired.",
    "36008": "Error validating verification code. Please make sure your redirect_uri is identical to the one you used"
    " in the OAuth dialog request",
    "36009": "This authorization code has been used.",
}
