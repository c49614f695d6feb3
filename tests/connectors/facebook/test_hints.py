"""What Facebook says by calling us counts only with its signature, and never for more than a page's number."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from connectors.facebook.hints import challenge_of, pages_in

SECRETS = {"client_secret": "the app's secret", "verify_token": "ours alone"}
NEWS = json.dumps({"object": "page", "entry": [{"id": "108", "changes": [{"field": "feed"}]}, {"id": "108"}]}).encode()


def signed(body: bytes, secret: str = SECRETS["client_secret"]) -> dict[str, str]:
    return {"x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def test_a_signed_call_names_its_pages_once() -> None:
    assert pages_in(signed(NEWS), NEWS, SECRETS) == ["108"]


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({}, SECRETS),
        ({"x-hub-signature-256": "sha256=é"}, SECRETS),
        (signed(NEWS, "another"), SECRETS),
        (signed(b"other news"), SECRETS),
        (signed(NEWS, ""), {}),
    ],
    ids=["none", "odd", "another app's", "of another body", "an app without a secret"],
)
def test_without_the_signature_nothing_is_read(headers: dict[str, str], secrets: dict[str, str]) -> None:
    assert pages_in(headers, NEWS, secrets) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"object": "user", "entry": [{"id": "1"}]}', b'{"object": "page", "entry": 3}', b"[" * 99_999],
)
def test_a_signed_call_of_another_shape_names_nothing(body: bytes) -> None:
    assert pages_in(signed(body), body, SECRETS) == []


def test_the_address_is_proved_to_whoever_knows_our_token() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ours alone"}

    assert challenge_of(asked, SECRETS) == "1158201444"
    assert challenge_of(asked | {"hub.verify_token": "another"}, SECRETS) is None
    assert challenge_of(asked | {"hub.mode": "unsubscribe"}, SECRETS) is None
    assert challenge_of(asked | {"hub.challenge": "<script>"}, SECRETS) is None
    assert challenge_of(asked | {"hub.verify_token": ""}, {"client_secret": "x"}) is None
