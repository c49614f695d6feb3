"""X's refusals, one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.x.errors import classify_x, usage_of
from engine.contract.usage import Usage
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
)

RESET = datetime(2026, 1, 5, 9, tzinfo=UTC)
TYPES = "https://api.x.com/2/problems/"


def problem(detail: str = "No.", kind: str = "about:blank", **more: Any) -> bytes:
    return json.dumps({"title": "Forbidden", "detail": detail, "type": kind, **more}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, problem(kind=f"{TYPES}invalid-request"), RejectedError),
        (401, problem(), AccountLostError),
        (402, problem(kind=f"{TYPES}credits"), RateLimitedError),
        (403, problem("You are not allowed to create a Tweet with duplicate content."), DoubtfulError),
        (403, problem("You are not permitted to perform this action."), AccountLostError),
        (403, problem(kind=f"{TYPES}client-forbidden"), AccountLostError),
        (403, problem(kind=f"{TYPES}usage-capped"), RateLimitedError),
        (403, problem("A post may have one cashtag at most."), RejectedError),
        (404, problem(kind=f"{TYPES}resource-not-found"), RejectedError),
        (422, problem(), RejectedError),
        (429, problem(), RateLimitedError),
        (429, problem(kind=f"{TYPES}usage-capped"), RateLimitedError),
        (500, problem(), DoubtfulError),
        (503, problem(), DoubtfulError),
    ],
)
def test_a_problem_says_what_happens_next(status: int, body: bytes, kind: type[ChappeError]) -> None:
    assert type(classify_x(status, {}, body)) is kind


@pytest.mark.parametrize("body", [b"", b"<html>Over capacity</html>", b"[]", b"[" * 99_999, b'{"errors": [3]}'])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, AccountLostError),
        (403, RejectedError),
        (429, RateLimitedError),
        (503, DoubtfulError),
    ],
)
def test_without_a_problem_the_status_decides(status: int, kind: type[ChappeError], body: bytes) -> None:
    assert type(classify_x(status, {}, body)) is kind


def test_yes_is_no_error() -> None:
    assert classify_x(201, {}, b"{}") is None


def test_used_up_credits_hold_the_platform_and_lose_nothing() -> None:
    error = classify_x(402, {}, problem())
    assert isinstance(error, RateLimitedError)
    assert (error.scope, error.wait) == ("platform", timedelta(hours=1))
    assert "credits" in str(error)


def test_too_many_requests_wait_until_the_window_ends() -> None:
    error = classify_x(429, {"x-rate-limit-reset": "1767603600"}, problem())
    assert isinstance(error, RateLimitedError)
    assert (error.scope, error.until) == ("account", datetime(2026, 1, 5, 9, tzinfo=UTC))


def test_a_used_up_day_of_the_app_holds_the_platform() -> None:
    headers = {"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "1767603600"}
    error = classify_x(429, headers, problem())
    assert isinstance(error, RateLimitedError)
    assert (error.scope, error.until) == ("platform", datetime(2026, 1, 5, 9, tzinfo=UTC))


@pytest.mark.parametrize("reset", ["", "soon", "-5", "9" * 40, "١٢٣"])
def test_a_reset_that_is_no_time_is_no_wait(reset: str) -> None:
    error = classify_x(429, {"x-rate-limit-reset": reset}, problem())
    assert isinstance(error, RateLimitedError)
    assert error.until is None


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, None),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "1767603600"}, Usage(3, until=RESET)),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "soon"}, None),
        ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "1767603600"},
         Usage(0, until=RESET, scope="platform")),
    ],
)  # fmt: skip
def test_headers_say_how_much_is_left(headers: dict[str, str], usage: Usage | None) -> None:
    assert usage_of(headers) == usage


def test_a_refusal_tells_the_particular_fault() -> None:
    body = problem("One or more parameters was invalid.", f"{TYPES}invalid-request", errors=[{"message": "Too long."}])
    error = classify_x(400, {}, body)
    assert isinstance(error, RejectedError)
    assert error.code == "x_invalid-request"
    assert "Too long." in str(error)
