"""LinkedIn's refusals, one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.linkedin.errors import DUPLICATE, classify_linkedin, original_of, tomorrow
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    TransientError,
)

DATE = {"date": "Sun, 22 Nov 2026 18:30:00 GMT"}


def refusal(status: int, message: str = "No.", **more: Any) -> bytes:
    return json.dumps({"status": status, "message": message, **more}).encode()


def faulty(code: str) -> dict[str, Any]:
    return {"errorDetails": {"inputErrors": [{"code": code, "description": "No.", "input": {}}]}}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, AccountLostError),
        (403, AccountLostError),
        (404, RejectedError),
        (409, TransientError),
        (413, RejectedError),
        (422, RejectedError),
        (426, RateLimitedError),
        (429, RateLimitedError),
        (500, DoubtfulError),
        (502, DoubtfulError),
        (504, DoubtfulError),
    ],
)
def test_a_status_says_what_happens_next(status: int, kind: type[ChappeError]) -> None:
    for body in (refusal(status), b"", b"<html>", b"[" * 99_999):
        assert type(classify_linkedin(status, {}, body)) is kind


def test_yes_is_no_error() -> None:
    assert classify_linkedin(201, {}, b"") is None


@pytest.mark.parametrize(("code", "said"), [(65601, "taken it back"), (65602, "60 days"), (65600, "no longer accepts")])
def test_a_dead_token_says_why(code: int, said: str) -> None:
    assert said in str(classify_linkedin(401, {}, refusal(401, serviceErrorCode=code)))


def test_a_used_up_day_ends_at_midnight_utc_by_linkedins_clock() -> None:
    error = classify_linkedin(429, DATE, refusal(429))
    assert isinstance(error, RateLimitedError)
    assert error.until == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "soon", "Sun, 22 Nov 2026 18:30:00"])
def test_without_a_clock_of_linkedins_it_is_asked_again_in_an_hour(date: str) -> None:
    assert tomorrow({"date": date}) is None
    error = classify_linkedin(429, {"date": date}, refusal(429))
    assert isinstance(error, RateLimitedError)
    assert (error.until, error.wait) == (None, timedelta(hours=1))


def test_a_version_that_was_sunset_holds_the_platform_and_loses_nothing() -> None:
    error = classify_linkedin(426, {}, refusal(426, code="NONEXISTENT_VERSION"))
    assert isinstance(error, RateLimitedError)
    assert (error.scope, error.wait) == ("platform", timedelta(hours=1))
    assert "chappe apps set linkedin" in str(error)


@pytest.mark.parametrize(
    ("message", "more"),
    [
        ("Content is a duplicate of urn:li:share:71", {}),
        ("com.linkedin.x.BadRequestResponseException: Duplicate post is detected: urn:li:share:71", {}),
        ("See urn:li:share:71", faulty("DUPLICATE_POST")),
    ],
)
def test_a_duplicate_names_the_original(message: str, more: dict[str, Any]) -> None:
    body = refusal(422, message, **more)
    error = classify_linkedin(422, {}, body)
    assert original_of(422, body) == "urn:li:share:71"
    assert isinstance(error, RejectedError)
    assert error.code == DUPLICATE
    assert "urn:li:share:71" in str(error)


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "duplicate of urn:li:share:71"), (422, "duplicate"), (422, "urn:li:share:71 cannot be reshared")],
)
def test_what_is_no_duplicate_is_not_taken_for_one(status: int, message: str) -> None:
    assert original_of(status, refusal(status, message)) == ""


@pytest.mark.parametrize("code", ["FIELD_LENGTH_TOO_LONG", "RESHARE_DISABLED", "INVALID_IMAGE_ID"])
def test_a_fault_of_the_post_has_linkedins_own_code(code: str) -> None:
    error = classify_linkedin(422, {}, refusal(422, "Odd.", **faulty(code)))
    assert isinstance(error, RejectedError)
    assert error.code == f"linkedin_{code.lower()}"
