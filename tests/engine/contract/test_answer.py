"""What a status means, and that no header of a stranger can break the reading of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.answer import classify_status, rate_limited
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from engine.http_client import Headers


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, None),
        (204, {}, None),
        (302, {}, RejectedError),
        (400, {}, RejectedError),
        (401, {}, AccountLostError),
        (404, {}, RejectedError),
        (408, {}, TransientError),
        (422, {}, RejectedError),
        (429, {}, RateLimitedError),
        (500, {}, DoubtfulError),
        (503, {}, DoubtfulError),
        (503, {"Retry-After": "1"}, RateLimitedError),
        (599, {}, DoubtfulError),
    ],
)
def test_a_status_becomes_what_happens_next(
    status: int, headers: dict[str, str], expected: type[ChappeError] | None
) -> None:
    error = classify_status(status, Headers(headers), b"")

    assert expected is (type(error) if error else None)


@given(status=st.integers(100, 999), body=st.binary())
def test_the_body_never_decides(status: int, body: bytes) -> None:
    one, two = classify_status(status, Headers(), body), classify_status(status, Headers(), b"")

    assert (type(one), str(one)) == (type(two), str(two))


def test_a_refusal_carries_its_status_as_code() -> None:
    error = classify_status(422, Headers(), b"too long")

    assert isinstance(error, RejectedError)
    assert error.code == "http_422"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta()),
        ("999999999", timedelta(days=7)),
    ],
)
def test_seconds_to_wait_are_read_and_bounded(header: str, wait: timedelta) -> None:
    assert rate_limited(429, header).wait == wait


def test_a_date_to_wait_for_is_read_as_an_aware_time() -> None:
    error = rate_limited(503, "Mon, 05 Jan 2026 10:00:00 GMT")

    assert error.until == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert error.wait is None


DATES = ["Mon, 05 Jan 2026 10:00:00", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
STRANGE = st.from_regex(r"\w{3}, \d{1,25} \w{3} \d{1,25} [\d:]{1,12} .*")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "soon",
        "-5",
        "1.5",
        "²",
        "٣",
        "9" * 5_000,
        "Mon, 05 Jan 2026 10:00:00",
        "Mon, 01 Jan 99999999999999999999 0:0:0",
    ],
)
def test_what_cannot_be_read_leaves_the_wait_to_the_engine(header: str) -> None:
    error = rate_limited(429, header)

    assert (error.wait, error.until) == (None, None)


@given(
    header=st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\w{3}, \d{1,25} \w{3} \d{1,25} [\d:]{1,12} .*")
)
def test_no_header_of_a_stranger_breaks_the_reading(header: str) -> None:
    assert isinstance(rate_limited(429, header), RateLimitedError)
