"""The authorization-code flow as every platform gets it: the address, the forms, the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import Field, HttpUrl

from engine.contract.oauth import (
    App,
    Ask,
    Code,
    Identity,
    OAuthApp,
    OAuthContext,
    OAuthKind,
    Tokens,
    challenge_of,
    ends_at,
)
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    MappingError,
    RateLimitedError,
    TransientError,
)
from engine.http_client import Headers
from engine.testing.fakes import ScriptedHttp

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TOKEN = "https://board.example/token"


class BoardApp(OAuthApp):
    authorize: HttpUrl = Field(default=HttpUrl("https://board.example/agree?ui=plain"), description="Where to agree.")
    token: HttpUrl = Field(default=HttpUrl("https://board.example/token"), description="Where tokens are.")
    api: HttpUrl = Field(default=HttpUrl("https://api.board.example/"), description="Where the API is.")


class Board(OAuthKind):
    kind = "board"
    title = "Board"
    network = "Board"
    AppSettings = BoardApp
    scopes: ClassVar = ("read", "write")

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        del tokens, ctx
        return ()


class BasicBoard(Board):
    client_auth = "basic"


def app() -> App:
    return App(BoardApp(client_id="our app"), {"client_secret": "s3:cret"})


def scripted(**said: object) -> ScriptedHttp:
    http = ScriptedHttp()
    http.answer("POST", TOKEN, body=json.dumps(said).encode())
    return http


def ctx(http: ScriptedHttp) -> OAuthContext:
    return OAuthContext(http, app(), NOW)


def form_of(http: ScriptedHttp) -> dict[str, list[str]]:
    return parse_qs(http.asked[-1].content.decode())


def test_the_address_carries_the_state_and_the_challenge_and_keeps_its_own_query() -> None:
    ask = Ask("http://127.0.0.1:8591/callback/board", "st/ate", challenge_of("v" * 43))
    query = parse_qs(urlsplit(Board().authorize_url(app(), ask)).query)
    assert query["ui"] == ["plain"]
    assert query["state"] == ["st/ate"]
    assert query["scope"] == ["read write"]
    assert query["redirect_uri"] == ["http://127.0.0.1:8591/callback/board"]
    assert query["code_challenge_method"] == ["S256"]


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_the_code_is_exchanged_with_its_verifier_and_the_apps_secret() -> None:
    http = scripted(access_token="a1", refresh_token="r1", expires_in=7200, scope="read write")
    tokens = await Board().exchange(Code("c0de", "http://127.0.0.1/cb", "v3rifier"), ctx(http))
    assert form_of(http) == {
        "grant_type": ["authorization_code"],
        "code": ["c0de"],
        "redirect_uri": ["http://127.0.0.1/cb"],
        "code_verifier": ["v3rifier"],
        "client_id": ["our app"],
        "client_secret": ["s3:cret"],
    }
    assert tokens == Tokens("a1", "r1", NOW + timedelta(hours=2), ("read", "write"))
    assert "a1" not in repr(tokens)


async def test_a_platform_may_want_the_secret_in_the_header() -> None:
    http = scripted(access_token="a1")
    await BasicBoard().exchange(Code("c", "http://127.0.0.1/cb", "v"), ctx(http))
    assert http.asked[0].headers["authorization"] == "Basic b3VyK2FwcDpzMyUzQWNyZXQ="  # "our+app:s3%3Acret"
    assert "client_secret" not in form_of(http)


async def test_a_renewal_keeps_the_refresh_token_where_no_new_one_comes() -> None:
    http = scripted(access_token="a2", expires_in=60)
    renewed = await Board().renew(Tokens("a1", "r1", None, ("read",)), ctx(http))
    assert renewed == Tokens("a2", "r1", NOW + timedelta(seconds=60), ("read",))
    assert form_of(http)["refresh_token"] == ["r1"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"access_token": ""}', b'{"access_token": 7}'])
async def test_an_answer_without_a_token_leaves_it_open_whether_the_old_one_is_used_up(body: bytes) -> None:
    http = ScriptedHttp()
    http.answer("POST", TOKEN, body=body)
    with pytest.raises(DoubtfulError):
        await Board().renew(Tokens("a1", "r1"), ctx(http))


@pytest.mark.parametrize(
    ("status", "code", "means"),
    [
        (400, "invalid_grant", AccountLostError),
        (401, "invalid_client", MappingError),
        (400, "unauthorized_client", MappingError),
        (503, "temporarily_unavailable", TransientError),
        (429, "", RateLimitedError),
        (500, "", DoubtfulError),
        (401, "", AccountLostError),
    ],
)
def test_a_refusal_means_what_its_code_says(status: int, code: str, means: type[ChappeError]) -> None:
    error = Board().classify(status, Headers(), json.dumps({"error": code}).encode())
    assert type(error) is means


def test_a_failure_in_another_form_is_judged_by_its_status() -> None:
    assert isinstance(Board().classify(400, Headers(), b'{"error": {"code": 190}}'), ChappeError)
    assert Board().classify(201, Headers(), b'{"error": "invalid_grant"}') is None


@pytest.mark.parametrize("seconds", [None, "7200", -1, 0, 10**12, float("nan"), {}])
def test_a_life_that_makes_no_sense_is_no_end(seconds: Any) -> None:
    assert ends_at(seconds, NOW) is None
