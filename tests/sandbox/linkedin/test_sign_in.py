"""Members agree, apps get a token for sixty days, and nothing to renew it with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.linkedin.conftest import SCOPES, member

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Sandbox
    from tests.sandbox.linkedin.conftest import Member

REDIRECT = "http://127.0.0.1:9000/back"


def client_of(sandbox: Sandbox) -> dict[str, str]:
    [client] = sandbox.world.networks["linkedin"].authority.clients.values()
    return {"client_id": client.id, "client_secret": client.secret or ""}


async def code(sandbox: Sandbox, scope: str = " ".join(SCOPES)) -> str:
    query = {"response_type": "code", "redirect_uri": REDIRECT, "state": "s1", "scope": scope, "as": "lea", "auto": "1"}
    asked = query | {"client_id": client_of(sandbox)["client_id"]}
    answer = await sandbox.client.get("/linkedin/oauth/v2/authorization", params=asked)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["s1"]
    return back["code"][0]


async def exchange(sandbox: Sandbox, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, **client_of(sandbox), **changes}
    return await sandbox.client.post("/linkedin/oauth/v2/accessToken", data=form)


async def test_a_code_is_good_for_one_token_of_sixty_days_without_renewal(sandbox: Sandbox) -> None:
    given = await code(sandbox)
    answer = await exchange(sandbox, code=given)
    token: dict[str, Any] = answer.json()

    assert answer.status_code == 200
    assert "refresh_token" not in token
    assert (token["expires_in"], token["scope"]) == (5_184_000, "email,openid,profile,w_member_social")
    again = await exchange(sandbox, code=given)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"redirect_uri": "http://127.0.0.1:9000/other"}, 400, "invalid_request"),
        ({"code": "never given"}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_request_for_a_token_that_is_not_in_order_is_refused(
    sandbox: Sandbox, changes: dict[str, str], status: int, error: str
) -> None:
    answer = await exchange(sandbox, **{"code": await code(sandbox), **changes})

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"as": "nobody"}, "user_cancelled_authorize"),
        ({"scope": "openid r_member_social"}, "unauthorized_scope_error"),
    ],
)
async def test_a_refusal_has_linkedins_own_name(sandbox: Sandbox, changes: dict[str, str], error: str) -> None:
    asked = {"redirect_uri": REDIRECT, "scope": "openid", "state": "s1", "as": "lea", "auto": "1", **changes}
    asked["client_id"] = client_of(sandbox)["client_id"]
    answer = await sandbox.client.get("/linkedin/oauth/v2/authorization", params=asked)
    back = parse_qs(urlsplit(answer.headers["location"]).query)

    assert (back["error"], back["state"]) == ([error], ["s1"])


async def test_a_code_expires(sandbox: Sandbox) -> None:
    given = await code(sandbox)
    sandbox.clock.advance(timedelta(minutes=30).total_seconds())

    assert (await exchange(sandbox, code=given)).status_code == 400


async def test_agreeing_to_other_scopes_ends_the_earlier_tokens(lea: Member) -> None:
    same = member(lea.sandbox, "lea")
    await exchange(lea.sandbox, code=await code(lea.sandbox))
    assert (await lea.post("Un")).status_code == (await same.post("Deux")).status_code == 201
    await exchange(lea.sandbox, code=await code(lea.sandbox, "openid profile w_member_social"))

    assert (await lea.post("Trois")).json()["code"] == "REVOKED_ACCESS_TOKEN"


async def test_a_token_ends_after_its_time_and_when_it_is_taken_back(lea: Member, karim: Member) -> None:
    await lea.sandbox.client.post("/networks/linkedin/deaths", json={"account": "karim"})
    assert (await karim.post()).json()["code"] == "REVOKED_ACCESS_TOKEN"
    lea.sandbox.clock.advance(timedelta(days=60).total_seconds())
    expired = await lea.post()

    assert (expired.status_code, expired.json()["serviceErrorCode"]) == (401, 65_602)
