"""What the networks' authorization servers share: codes that work once, tokens that rotate, families that die."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.testing.fakes import FakeClock
from sandbox.oauth import Authority, Client, OAuthError, Policy, challenge_of

if TYPE_CHECKING:
    from sandbox.oauth import Code, Token

REDIRECT = "http://127.0.0.1:4000/callback"
VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
APP = Client(id="app", name="App", secret="s3cret", redirects=("http://127.0.0.1", "https://app.example/callback"))


def policy(**changes: Any) -> Policy:
    """Return a network's policy: rotating, with PKCE where it is used."""
    usual: dict[str, Any] = {
        "code_life": timedelta(seconds=30),
        "access_life": timedelta(hours=2),
        "scopes": frozenset({"read", "write", "offline"}),
        "renewal": "rotates",
        "renewal_scope": "offline",
    }
    return Policy(**(usual | changes))


class Server:
    """An authority, its clock, and what it noted."""

    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        self.noted: list[tuple[str, dict[str, Any]]] = []
        self.authority = Authority(
            policy(**changes), APP, self.clock, lambda what, record: self.noted.append((what, record))
        )

    def code(self, **query: str) -> Code:
        """Let Léa say yes."""
        asked = {
            "client_id": "app",
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": "read offline",
            **query,
        }
        return self.authority.agree(self.authority.asked(asked), "lea")

    def pair(self) -> tuple[Token, Token]:
        """Return an access token and its refresh token."""
        access, refresh = self.authority.grant(self.authority.redeem(APP, self.code().value, REDIRECT))
        assert refresh is not None
        return access, refresh


def test_a_refresh_token_works_once_and_its_reuse_kills_the_family() -> None:
    server = Server()
    _, first = server.pair()
    other_access, _ = server.pair()
    access, second = server.authority.renew(APP, first.value)
    assert second is not None
    assert server.authority.living(access.value)
    with pytest.raises(OAuthError, match="invalid, expired or revoked"):
        server.authority.renew(APP, first.value)

    assert server.authority.living(access.value) is None
    assert server.authority.living(second.value) is None
    assert server.authority.living(other_access.value), "another consent is another family"


def test_a_code_used_twice_kills_the_tokens_of_the_first_time() -> None:
    server = Server()
    code = server.authority.redeem(APP, server.code().value, REDIRECT)
    access, _ = server.authority.grant(code)
    with pytest.raises(OAuthError, match="has been used"):
        server.authority.redeem(APP, code.value, REDIRECT)

    assert server.authority.living(access.value) is None


def test_a_code_that_failed_once_is_used_up() -> None:
    server = Server()
    code = server.code()
    with pytest.raises(OAuthError, match="redirect_uri"):
        server.authority.redeem(APP, code.value, "http://127.0.0.1:4000/other")
    with pytest.raises(OAuthError, match="has been used"):
        server.authority.redeem(APP, code.value, REDIRECT)


def test_codes_and_tokens_end_in_time() -> None:
    server = Server()
    code = server.code()
    access, refresh = server.pair()
    server.clock.advance(timedelta(seconds=30))
    with pytest.raises(OAuthError, match="expired"):
        server.authority.redeem(APP, code.value, REDIRECT)
    server.clock.advance(timedelta(hours=2))

    assert server.authority.state(access) == "expired"
    assert server.authority.living(refresh.value)


def test_the_verifier_of_the_challenge_is_asked_for() -> None:
    server = Server(pkce="required")
    with pytest.raises(OAuthError, match="S256"):
        server.code()
    with pytest.raises(OAuthError, match="S256"):
        server.code(code_challenge=VERIFIER, code_challenge_method="plain")
    query = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    with pytest.raises(OAuthError, match="code_verifier"):
        server.authority.redeem(APP, server.code(**query).value, REDIRECT, "something else")

    assert server.authority.redeem(APP, server.code(**query).value, REDIRECT, VERIFIER).account == "lea"


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("changes", "scope", "renewed"),
    [
        ({}, "read", None),
        ({"renewal": "none"}, "read offline", None),
        ({"renewal": "stays", "refresh_life": timedelta(days=1)}, "read offline", True),
    ],
)
def test_a_refresh_token_comes_where_the_network_gives_one(
    changes: dict[str, Any], scope: str, renewed: bool | None
) -> None:
    server = Server(**changes)
    _, refresh = server.authority.grant(server.authority.redeem(APP, server.code(scope=scope).value, REDIRECT))

    assert (refresh is not None) == bool(renewed)
    if refresh is not None:
        assert server.authority.renew(APP, refresh.value)[1] == refresh
        server.clock.advance(timedelta(days=1))
        with pytest.raises(OAuthError):
            server.authority.renew(APP, refresh.value)


@pytest.mark.parametrize(
    ("redirect", "fits"),
    [
        ("http://127.0.0.1:1/any/path?x=1", True),
        ("https://app.example/callback", True),
        ("https://app.example/callback/", False),
        ("http://localhost:1/", False),
        ("https://127.0.0.1/", False),
        ("http://127.0.0.1.evil.example/", False),
        ("", False),
    ],
)
def test_a_code_is_sent_only_where_the_app_registered(redirect: str, *, fits: bool) -> None:
    assert APP.fits(redirect) == fits


def test_an_app_shows_who_it_is() -> None:
    server = Server()

    assert server.authority.client("app", "s3cret") == APP
    for name, secret in (("app", "wrong"), ("app", None), ("other", "s3cret")):
        with pytest.raises(OAuthError, match="wrong"):
            server.authority.client(name, secret)


def test_what_was_noted_makes_the_same_authority_again() -> None:
    server = Server()
    used = server.authority.redeem(APP, server.code().value, REDIRECT)
    access, refresh = server.authority.grant(used)
    unused = server.code()
    assert refresh is not None
    server.authority.renew(APP, refresh.value)
    again = Server().authority
    for what, record in server.noted:
        again.again(what, record)

    assert again.tokens == server.authority.tokens
    assert again.living(access.value)
    assert again.redeem(APP, unused.value, REDIRECT).account == "lea"
    with pytest.raises(OAuthError, match="has been used"):
        again.redeem(APP, used.value, REDIRECT)
