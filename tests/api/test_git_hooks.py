"""Calls of git servers are known by their signatures, and by nothing else."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from api.git_hooks import is_signed

SECRET = "ours alone"
PUSH = b'{"ref": "refs/heads/main"}'
RIGHT = hmac.new(SECRET.encode(), PUSH, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "signed"),
    [
        ({"x-hub-signature-256": f"sha256={RIGHT}"}, True),
        ({"x-gitea-signature": RIGHT, "x-hub-signature-256": f"sha256={RIGHT}"}, True),
        ({"x-forgejo-signature": RIGHT}, True),
        ({"x-gitlab-token": SECRET}, True),
        ({"x-gitlab-token": "guessed"}, False),
        ({"x-gitlab-token": "gu\xe9ssed"}, False),
        ({"x-hub-signature-256": "sha256="}, False),
        ({"x-hub-signature-256": f"sha256={RIGHT[:-1]}"}, False),
        ({"x-gitea-signature": RIGHT, "x-hub-signature-256": "sha256=00"}, False),
        ({"x-hub-signature": f"sha1={RIGHT}"}, False),
        ({}, False),
    ],
)
def test_a_call_is_known_by_the_signature_of_its_server(headers: dict[str, str], signed: bool) -> None:
    assert is_signed(headers, PUSH, SECRET) is signed


def test_a_signature_is_that_of_the_whole_body() -> None:
    assert not is_signed({"x-hub-signature-256": f"sha256={RIGHT}"}, PUSH + b" ", SECRET)
