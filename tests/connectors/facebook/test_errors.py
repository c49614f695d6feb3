"""The Graph API's refusals, code by code (developers.facebook.com/docs/graph-api/guides/error-handling)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.facebook.errors import classify_graph, usage_of
from engine.contract.usage import Usage
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
)


def refusal(code: int, subcode: int | None = None, **more: Any) -> bytes:
    error = {"message": "No.", "type": "OAuthException", "code": code, "fbtrace_id": "A1", **more}
    return json.dumps({"error": error | ({"error_subcode": subcode} if subcode else {})}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, 1, DoubtfulError),
        (500, 2, DoubtfulError),
        (400, 2, DoubtfulError),
        (403, 4, RateLimitedError),
        (403, 17, RateLimitedError),
        (403, 32, RateLimitedError),
        (403, 341, RateLimitedError),
        (400, 613, RateLimitedError),
        (400, 80001, RateLimitedError),
        (403, 10, AccountLostError),
        (403, 200, AccountLostError),
        (403, 299, AccountLostError),
        (400, 100, RejectedError),
        (401, 102, AccountLostError),
        (401, 190, AccountLostError),
        (400, 368, AccountLostError),
        (400, 506, DoubtfulError),
        (400, 1609005, RejectedError),
        (400, 2635, RateLimitedError),
        (400, 987, RejectedError),
        (503, 987, DoubtfulError),
    ],
)
def test_a_code_says_what_happens_next(status: int, code: int, kind: type[ChappeError]) -> None:
    assert type(classify_graph(status, {}, refusal(code))) is kind


@pytest.mark.parametrize(
    ("subcode", "said"),
    [(458, "removed"), (459, "confirm"), (460, "password"), (463, "expired"), (464, "confirmed"), (467, "withdrawn"),
     (492, "no role"), (None, "no longer accepts"), (12345, "no longer accepts")],
)  # fmt: skip
def test_a_dead_token_says_why_to_its_owner(subcode: int | None, said: str) -> None:
    error = classify_graph(400, {}, refusal(190, subcode))
    assert isinstance(error, AccountLostError)
    assert "must be connected again" in str(error)
    assert said in str(error)


@pytest.mark.parametrize(
    ("code", "scope"), [(4, "platform"), (2635, "platform"), (341, "platform"), (17, "account"), (32, "account")]
)
def test_a_throttle_holds_the_app_or_the_account(code: int, scope: str) -> None:
    error = classify_graph(403, {}, refusal(code))
    assert isinstance(error, RateLimitedError)
    assert (error.scope, error.wait) == (scope, timedelta(hours=1))


def test_a_throttle_waits_as_long_as_the_usage_header_says() -> None:
    usage = {"108": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 27}], "109": [{}]}
    error = classify_graph(403, {"x-business-use-case-usage": json.dumps(usage)}, refusal(32))
    assert isinstance(error, RateLimitedError)
    assert error.wait == timedelta(minutes=27)


@pytest.mark.parametrize(
    "usage", ["", "nonsense", "[]", '{"1": null}', '{"1": [{"estimated_time_to_regain_access": "x"}]}']
)
def test_a_usage_header_of_another_shape_is_no_wait(usage: str) -> None:
    error = classify_graph(403, {"x-business-use-case-usage": usage}, refusal(32))
    assert isinstance(error, RateLimitedError)
    assert error.wait == timedelta(hours=1)


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, None),
        ({"x-app-usage": '{"call_count": 97, "total_time": 3}'}, Usage(percent=97, scope="platform")),
        ({"x-business-use-case-usage": '{"108": [{"call_count": 5, "total_cputime": 96}]}'}, Usage(percent=96)),
        ({"x-business-use-case-usage": '{"108": [{"call_count": 5}]}', "x-app-usage": '{"call_count": 2}'},
         Usage(percent=5)),
        ({"x-app-usage": "odd", "x-business-use-case-usage": '{"108": [3, {"call_count": "x"}]}'}, None),
    ],
)  # fmt: skip
def test_usage_headers_say_how_much_is_used(headers: dict[str, str], usage: Usage | None) -> None:
    assert usage_of(headers) == usage


def test_a_refusal_names_its_code_and_subcode() -> None:
    error = classify_graph(400, {}, refusal(100, 33, error_user_msg="The page is gone."))
    assert isinstance(error, RejectedError)
    assert error.code == "graph_100_33"
    assert "The page is gone." in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b"[" * 100_000])
def test_without_an_error_of_its_own_the_status_decides(body: bytes) -> None:
    assert classify_graph(200, {}, body) is None
    assert isinstance(classify_graph(400, {}, body), RejectedError)
    assert isinstance(classify_graph(502, {}, body), DoubtfulError)


def test_an_error_with_status_200_is_an_error() -> None:
    assert isinstance(classify_graph(200, {}, refusal(190)), AccountLostError)
