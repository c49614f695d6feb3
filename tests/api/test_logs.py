"""Logs can be read by people and by machines, and hold no secret."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from api.logs import HIDDEN, configure_logs, redacted

pytestmark = pytest.mark.usefixtures("logs_as_before")

SECRETS = [
    "Authorization: Bearer abcdef123456",
    "https://graph.example/me?access_token=abcdef123456&limit=5",
    "https://example.org/callback?code=abcdef123456",
    "postgresql://chappe:abcdef123456@db/chappe",
    "{'client_secret': 'abcdef123456'}",
    '{"password":"abcdef123456"}',
    "whsec_abcdef123456",
    "eyJhbGciOiJIUzI1NiJ9.abcdef123456.c2ln",
    "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYRabcdef123456",
]
PLAIN = [
    "0199b0c0a1b27c3d8e4f5a6b7c8d9e0f",
    "https://example.org/a-very-long-path/that-goes-on/and-on-and-on-for-quite-a-while-2026",
    "The token of the account is gone.",
    "state=sending code=invalid_url",
]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_a_line_of_json_is_an_object(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    structlog.get_logger("engine").info("Sent.", delivery="0199", é="ü")
    logging.getLogger("library").warning("Port %s is in use.", 80)

    first, second = map(json.loads, stream.getvalue().splitlines())

    assert (first["event"], first["level"], first["delivery"], first["é"]) == ("Sent.", "info", "0199", "ü")
    assert (second["event"], second["level"]) == ("Port 80 is in use.", "warning")
    assert first["timestamp"].endswith("Z")


def test_text_has_the_sentence_and_what_goes_with_it(stream: io.StringIO) -> None:
    configure_logs("info", "text", stream)
    structlog.get_logger().warning("The lease is over.", account="acme")

    line = stream.getvalue()

    assert "The lease is over." in line
    assert "account=acme" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_below_the_level_is_left_out(form: str, stream: io.StringIO) -> None:
    configure_logs("warning", "json" if form == "json" else "text", stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    logging.getLogger("apscheduler.executors.default").error("said in our own words already")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_logged_wherever_it_stands(form: str, secret: str, stream: io.StringIO) -> None:
    configure_logs("info", "json" if form == "json" else "text", stream)
    log = structlog.get_logger()
    log.info(secret, said=secret, deep={"list": [secret, ("x", secret)]}, error=ValueError(secret), raw=secret.encode())
    logging.getLogger("library").warning("It said %s", secret)
    log.error("It failed.", exc_info=ValueError(secret))

    assert "abcdef123456" not in stream.getvalue()
    assert HIDDEN in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_never_shows_what_variables_hold(form: str, stream: io.StringIO) -> None:
    configure_logs("info", "json" if form == "json" else "text", stream)
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            _fail("PLAIN WORDS".lower())
        except ValueError:
            log.exception("It failed.")

    assert stream.getvalue().count("in _fail") == 2
    assert "plain words" not in stream.getvalue()


def _fail(local: str) -> None:
    raise ValueError(len(local))


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "password", "client_secret", "api_key"])
def test_a_value_under_a_secret_name_is_hidden(name: str, stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    structlog.get_logger().info("x", **{name: "short", "deep": {name: 17}})

    event = json.loads(stream.getvalue())

    assert event[name] == event["deep"][name] == HIDDEN


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_bearer_token_is_hidden_in_any_text(before: str, after: str) -> None:
    assert "abcdef123456" not in redacted(f"{before} Bearer abcdef123456 {after}")
