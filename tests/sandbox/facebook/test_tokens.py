"""Facebook's tokens: consent, exchange, what each kind may do, and what they die of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.oauth import challenge_of
from sandbox.people import PAGE
from tests.sandbox.facebook.conftest import REDIRECT, SCOPES

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.facebook.conftest import Facebook


def code_of(answer: httpx.Response) -> str:
    """Return code and subcode of an error envelope, which must be whole."""
    error = answer.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(error)
    assert answer.status_code >= 400
    return f"{error['code']}/{error['error_subcode']}" if "error_subcode" in error else str(error["code"])


async def test_a_code_becomes_a_short_token_and_that_a_long_one_and_that_a_page_token_without_end(
    facebook: Facebook,
) -> None:
    short = (await facebook.exchange(code=await facebook.code(), redirect_uri=REDIRECT)).json()
    long = (await facebook.exchange(grant_type="fb_exchange_token", fb_exchange_token=short["access_token"])).json()
    pages = (await facebook.get("me/accounts", long["access_token"])).json()["data"]
    told = await facebook.get(
        "debug_token", f"{facebook.app.id}|{facebook.app.secret}", input_token=pages[0]["access_token"]
    )

    assert (short["token_type"], short["expires_in"], long["expires_in"]) == ("bearer", 3_600, 5_183_944)
    assert [(page["id"], page["name"], "CREATE_CONTENT" in page["tasks"]) for page in pages] == [(PAGE, "Acme", True)]
    data = told.json()["data"]
    assert (data["type"], data["is_valid"], data["expires_at"], data["profile_id"]) == ("PAGE", True, 0, PAGE)
    assert set(SCOPES.split(",")) <= set(data["scopes"])


async def test_the_same_consent_gives_the_same_page_token(facebook: Facebook) -> None:
    user = await facebook.user_token()
    first, second = [(await facebook.get("me/accounts", user)).json()["data"] for _ in range(2)]

    assert first == second


async def test_a_code_works_once_and_a_second_use_kills_what_came_of_it(facebook: Facebook) -> None:
    code = await facebook.code()
    token = (await facebook.exchange(code=code, redirect_uri=REDIRECT)).json()["access_token"]
    again = await facebook.exchange(code=code, redirect_uri=REDIRECT)

    assert code_of(again) == "100/36009"
    assert code_of(await facebook.get("me", token)) == "190/467"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:5123/other"}, "100/36008"),
        ({"client_secret": "wrong"}, "1"),
        ({"client_id": ""}, "101"),
        ({"code": "made up"}, "100/36009"),
        ({"grant_type": "password"}, "100"),
    ],
)
async def test_a_code_that_is_not_shown_as_it_was_asked_gives_nothing(
    facebook: Facebook, changed: dict[str, str], error: str
) -> None:
    values = {"code": await facebook.code(), "redirect_uri": REDIRECT, **changed}

    assert code_of(await facebook.exchange(**values)) == error


async def test_a_code_is_bound_to_its_challenge_and_its_time(facebook: Facebook) -> None:
    verifier = "v" * 43
    challenge = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    wrong = await facebook.exchange(
        code=await facebook.code(**challenge), redirect_uri=REDIRECT, code_verifier="w" * 43
    )
    right = await facebook.exchange(
        code=await facebook.code(**challenge), redirect_uri=REDIRECT, code_verifier=verifier
    )
    late = await facebook.code()
    facebook.clock.advance(timedelta(minutes=11))

    assert (code_of(wrong), right.status_code) == ("100/36009", 200)
    assert code_of(await facebook.exchange(code=late, redirect_uri=REDIRECT)) == "100/36007"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"client_id": "1"}, 400),
        ({"redirect_uri": "https://elsewhere.example/callback"}, 400),
        ({"scope": "publish_actions"}, 302),
        ({"response_type": "token"}, 302),
        ({"as": "nobody"}, 302),
    ],
)
async def test_an_ask_that_is_not_in_order_is_refused(facebook: Facebook, query: dict[str, str], status: int) -> None:
    asked = {"client_id": facebook.app.id, "redirect_uri": REDIRECT, "scope": SCOPES, "as": "nadia", "auto": "1"}
    answer = await facebook.client.get("/dialog/oauth", params=asked | query)

    assert answer.status_code == status
    assert "code=" not in answer.headers.get("location", "")
    assert ("error=" in answer.headers.get("location", "")) == (status == 302)


async def test_a_person_says_yes_or_no_on_a_page(facebook: Facebook) -> None:
    asked = {"client_id": facebook.app.id, "redirect_uri": REDIRECT, "scope": SCOPES, "state": "s<1>"}
    page = await facebook.client.get("/v26.0/dialog/oauth", params=asked)
    yes = await facebook.client.post("/v26.0/dialog/oauth", params=asked, data={"as": "nadia", "decision": "yes"})
    no = await facebook.client.post("/v26.0/dialog/oauth", params=asked, data={"as": "nadia", "decision": "no"})

    assert "Nadia Kaci" in page.text
    assert 'value="nadia"' in page.text
    assert yes.headers["location"].startswith(f"{REDIRECT}?code=")
    assert yes.headers["location"].endswith("&state=s%3C1%3E")
    assert no.headers["location"].startswith(f"{REDIRECT}?error=access_denied")


async def test_whoever_is_signed_in_says_yes_without_a_page(facebook: Facebook) -> None:
    assert (await facebook.steer("PUT", "signed-in", {"person": "lea"})).status_code == 204
    asked = {"client_id": facebook.app.id, "redirect_uri": REDIRECT, "scope": "email"}
    answer = await facebook.client.get("/dialog/oauth", params=asked)
    code = answer.headers["location"].partition("code=")[2]
    token = (await facebook.exchange(code=code, redirect_uri=REDIRECT)).json()["access_token"]

    assert (await facebook.get("me", token)).json()["name"] == "Léa Martin"


@pytest.mark.parametrize(
    ("reason", "error"),
    [("password", "190/460"), ("removed", "190/458"), ("checkpoint", "190/459"), ("invalid", "190/467")],
)
async def test_tokens_die_of_what_people_do(facebook: Facebook, reason: str, error: str) -> None:
    token = await facebook.page_token()
    died = await facebook.steer("POST", "deaths", {"account": "nadia", "reason": reason})
    answer = await facebook.get(f"{PAGE}/published_posts", token)

    assert died.json()["died"] >= 2
    assert code_of(answer) == error
    assert answer.headers["www-authenticate"].startswith('OAuth "Facebook Platform" "invalid_token"')


async def test_a_page_token_of_a_short_token_ends_with_it(facebook: Facebook) -> None:
    token = await facebook.page_token(long=False)
    assert (await facebook.get("me", token)).json() == {"name": "Acme", "id": PAGE}
    facebook.clock.advance(timedelta(hours=1, seconds=1))

    assert code_of(await facebook.get("me", token)) == "190/463"


async def test_a_page_token_dies_with_its_persons_role(facebook: Facebook) -> None:
    user, token = await facebook.user_token(), await facebook.page_token()
    await facebook.steer("PUT", "roles", {"ines": ["CREATE_CONTENT"]})

    assert (await facebook.get("me/accounts", user)).json() == {"data": []}
    assert code_of(await facebook.get(f"{PAGE}/published_posts", token)) == "190/492"


async def calls(facebook: Facebook, **tokens: str) -> dict[str, str]:
    """Return how each of some tokens is refused at an edge of the page."""
    return {name: code_of(await facebook.get(f"{PAGE}/published_posts", token)) for name, token in tokens.items()}


async def test_only_the_right_kind_of_token_with_the_right_scopes_may_read(facebook: Facebook) -> None:
    refused = await calls(
        facebook,
        none="",
        made_up="EAAnothing",
        user=await facebook.user_token(),
        app=f"{facebook.app.id}|{facebook.app.secret}",
        false_app=f"{facebook.app.id}|x",
        scopeless=await facebook.page_token("pages_show_list"),
    )

    assert refused == {
        "none": "104", "made_up": "190", "user": "190/2069032", "app": "190/2069032", "false_app": "190",
        "scopeless": "10",
    }  # fmt: skip


async def test_writing_asks_for_its_own_scopes_and_task(facebook: Facebook) -> None:
    reader = await facebook.page_token("pages_show_list,pages_read_engagement")
    writer = await facebook.page_token()
    read_only = await facebook.post(f"{PAGE}/feed", reader, message="Bonjour")
    await facebook.steer("PUT", "roles", {"nadia": ["ANALYZE"]})
    taskless = await facebook.post(f"{PAGE}/feed", writer, message="Bonjour")

    assert (code_of(read_only), code_of(taskless)) == ("200", "200")
    assert await facebook.timeline() == []


async def test_without_the_scope_no_page_is_listed(facebook: Facebook) -> None:
    assert (await facebook.get("me/accounts", await facebook.user_token(scopes="email"))).json() == {"data": []}
    assert (await facebook.get("me/accounts", await facebook.user_token("lea"))).json() == {"data": []}
    assert code_of(await facebook.get("me/accounts")) == "2500"


async def test_a_proof_is_not_asked_for_but_must_fit(facebook: Facebook) -> None:
    token = await facebook.page_token()
    answer = await facebook.get("me", token, appsecret_proof="0" * 64)

    assert code_of(answer) == "100"


async def test_leaving_the_app_ends_everything(facebook: Facebook) -> None:
    user, token = await facebook.user_token(), await facebook.page_token()
    left = await facebook.client.delete("/v26.0/me/permissions", params={"access_token": user})

    assert left.json() == {"success": True}
    assert code_of(await facebook.get("me", token)) == "190/458"
