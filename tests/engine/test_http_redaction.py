"""Nothing that the client says, raises or logs holds a secret of the request."""

from __future__ import annotations

import logging
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ChappeError
from engine.http_client import Headers, HttpClient, Response, redact
from tests.peers.faulty_server import FAULTS, FaultyServer, answers

CANARY = "canary-7f3a9c"
HEADERS = {"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY}
PATH = f"hooks/{CANARY}?access_token={CANARY}#{CANARY}"
WRONG = (
    "http://127.0.0.1:1/{}",
    "http://10.0.0.1/{}",
    "http://192.0.2.1:99/{}",
    "http://user:{}@127.0.0.1/",
    "http://{}:pw@acme.example/",
    "http://127.1/{}",
    "ftp://acme.example/{}",
    "http://a..b/{}",
    "http://[{}",
    "https://127.0.0.1:1/{}",
)


def told(error: BaseException) -> str:
    """Return all that a log could hold of an error, and of every error behind it, suppressed or not."""
    behind = [it for it in (error.__cause__, error.__context__) if it is not None]
    shown = f"{error} {error!r} {vars(error)} {''.join(traceback.format_exception(error, chain=True))}"
    return shown + "".join(map(told, behind))


@pytest.mark.parametrize("operation", ["fetch", "publish"])
@pytest.mark.parametrize("case", FAULTS)
async def test_no_failure_tells_a_secret(case: str, operation: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with FaultyServer(FAULTS[case]) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        with pytest.raises(ChappeError) as failed:
            await getattr(client, operation)("POST", server.url + PATH, headers=HEADERS, content=b"{}", timeout=0.2)

    assert CANARY not in told(failed.value)
    assert CANARY not in caplog.text


@pytest.mark.parametrize("url", WRONG)
async def test_no_refusal_tells_a_secret(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        with pytest.raises(ChappeError) as failed:
            await client.fetch("GET", url.format(CANARY), headers=HEADERS)

    assert CANARY not in told(failed.value)
    assert CANARY not in caplog.text


async def test_no_refused_redirect_tells_a_secret() -> None:
    locations = (
        f"http://10.0.0.1/{CANARY}",
        f"http://a:{CANARY}@b.example/",
        f"ftp://b.example/{CANARY}",
        f"/{CANARY}",
        f"http://[{CANARY}",
    )
    for location in locations:
        async with (
            FaultyServer(answers(302, location=location)) as server,
            HttpClient(allow_private=["127.0.0.1"]) as client,
        ):
            with pytest.raises(ChappeError) as failed:
                await client.fetch("GET", server.url)
        assert CANARY not in told(failed.value), location


def test_an_answer_shows_neither_its_headers_nor_its_body() -> None:
    headers = Headers({"Set-Cookie": CANARY})
    answer = Response(200, headers, CANARY.encode(), f"https://acme.example/{PATH}")

    assert repr(answer) == "<Response 200 from https://acme.example/…, 13 bytes>"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://acme.example", "https://acme.example"),
        ("https://acme.example/", "https://acme.example"),
        ("https://acme.example:8443/feed.xml?token=a#b", "https://acme.example:8443/…"),
        ("https://lea:pw@acme.example/feed", "https://acme.example/…"),
        ("nothing of the kind", "an address that cannot be read"),
        ("http://[", "an address that cannot be read"),
    ],
)
def test_a_url_is_shown_by_its_origin(url: str, shown: str) -> None:
    assert redact(url) == shown


@given(st.text(max_size=60))
def test_anything_can_be_redacted(text: str) -> None:
    assert redact(text)
    assert CANARY not in redact(f"https://acme.example/{text}{CANARY}")
