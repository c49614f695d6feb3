"""People agree by PKCE; tokens live for two hours, and each refresh token works once."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.x.conftest import SCOPES, User

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Sandbox

REDIRECT = "http://127.0.0.1:9000/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
NO_HEADER = {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}


def app_of(sandbox: Sandbox) -> tuple[str, str]:
    [client] = sandbox.world.networks["x"].authority.clients.values()
    return client.id, client.secret or ""


async def authorize(sandbox: Sandbox, **changes: str) -> dict[str, list[str]]:
    query = {
        "response_type": "code", "client_id": app_of(sandbox)[0], "redirect_uri": REDIRECT, "scope": " ".join(SCOPES),
        "state": "s1", "code_challenge": CHALLENGE, "code_challenge_method": "S256", "as": "lea", "auto": "1",
    }  # fmt: skip
    answer = await sandbox.client.get("/x/i/oauth2/authorize", params=query | changes)
    return parse_qs(urlsplit(answer.headers["location"]).query)


async def tokens(sandbox: Sandbox, form: dict[str, str], basic: tuple[str, str] | None = None) -> httpx.Response:
    return await sandbox.client.post("/x/2/oauth2/token", data=form, auth=basic or app_of(sandbox))


async def first(sandbox: Sandbox, **changes: str) -> httpx.Response:
    code = (await authorize(sandbox))["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    return await tokens(sandbox, {**form, **changes})


async def renewed(sandbox: Sandbox, refresh: str) -> httpx.Response:
    return await tokens(sandbox, {"grant_type": "refresh_token", "refresh_token": refresh})


def living(sandbox: Sandbox, access: str) -> bool:
    return sandbox.world.networks["x"].authority.living(access) is not None


async def test_a_code_is_good_for_tokens_of_two_hours(sandbox: Sandbox) -> None:
    answer = await first(sandbox)
    given: dict[str, Any] = answer.json()
    lea = User(sandbox, "", given["access_token"])

    assert (answer.status_code, given["token_type"], given["expires_in"]) == (200, "bearer", 7_200)
    assert given["scope"].split() == list(SCOPES)
    assert (await lea.get("/2/users/me"))["data"]["username"] == "lea_martin"
    sandbox.clock.advance(timedelta(hours=2).total_seconds())
    assert (await lea.send("GET", "/2/users/me")).status_code == 401


async def test_without_offline_access_there_is_nothing_to_renew_with(sandbox: Sandbox) -> None:
    code = (await authorize(sandbox, scope="tweet.read users.read"))["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    given = await tokens(sandbox, form)

    assert "refresh_token" not in given.json()


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"scope": "tweet.read everything"}],
)
async def test_only_s256_and_known_scopes_are_agreed_to(sandbox: Sandbox, changes: dict[str, str]) -> None:
    back = await authorize(sandbox, **changes)

    assert "code" not in back
    assert back["error"][0] in {"invalid_request", "invalid_scope"}


@pytest.mark.parametrize(
    "changes",
    [{"code": "never given"}, {"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:9000/other"}],
)
async def test_a_code_that_does_not_fit_is_refused(sandbox: Sandbox, changes: dict[str, str]) -> None:
    answer = await first(sandbox, **changes)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.json()["error_description"] == "Value passed for the authorization code was invalid."


async def test_a_code_lives_for_thirty_seconds_and_works_once(sandbox: Sandbox) -> None:
    code = (await authorize(sandbox))["code"][0]
    late = (await authorize(sandbox))["code"][0]
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    given = (await tokens(sandbox, {**form, "code": code})).json()

    assert (await tokens(sandbox, {**form, "code": code})).status_code == 400
    assert not living(sandbox, given["access_token"])
    sandbox.clock.advance(30)
    assert (await tokens(sandbox, {**form, "code": late})).status_code == 400


async def test_the_app_shows_who_it_is_by_basic_authentication_alone(sandbox: Sandbox) -> None:
    name, secret = app_of(sandbox)
    refresh = (await first(sandbox)).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": name, "client_secret": secret}
    in_body = await sandbox.client.post("/x/2/oauth2/token", data=form)
    wrong = await tokens(sandbox, form, (name, "wrong"))

    assert (in_body.status_code, in_body.json()) == (wrong.status_code, wrong.json()) == (401, NO_HEADER)
    assert (await renewed(sandbox, refresh)).status_code == 200


async def test_each_renewal_gives_a_new_refresh_token_and_ends_the_old(sandbox: Sandbox) -> None:
    given = (await first(sandbox)).json()
    seen = {given["refresh_token"]}
    for _ in range(3):
        sandbox.clock.advance(timedelta(hours=2).total_seconds())
        given = (await renewed(sandbox, given["refresh_token"])).json()
        assert given["refresh_token"] not in seen
        assert living(sandbox, given["access_token"])
        seen.add(given["refresh_token"])


async def test_a_refresh_token_that_comes_again_kills_the_family_and_no_other(sandbox: Sandbox) -> None:
    other = (await first(sandbox)).json()
    old = (await first(sandbox)).json()
    new = (await renewed(sandbox, old["refresh_token"])).json()
    again = await renewed(sandbox, old["refresh_token"])

    assert again.status_code == 400
    assert again.json() == {
        "error": "invalid_request", "error_description": "Value passed for the token was invalid."
    }  # fmt: skip
    assert not living(sandbox, new["access_token"])
    assert (await renewed(sandbox, new["refresh_token"])).status_code == 400
    assert living(sandbox, other["access_token"])


async def test_an_app_can_give_a_consent_back(sandbox: Sandbox) -> None:
    given = (await first(sandbox)).json()
    answer = await sandbox.client.post(
        "/x/2/oauth2/revoke", data={"token": given["access_token"]}, auth=app_of(sandbox)
    )

    assert answer.json() == {"revoked": True}
    assert (await renewed(sandbox, given["refresh_token"])).status_code == 400


async def test_a_refresh_token_opens_nothing_itself(sandbox: Sandbox) -> None:
    given = (await first(sandbox)).json()

    assert (await User(sandbox, "", given["refresh_token"]).send("GET", "/2/users/me")).status_code == 401
