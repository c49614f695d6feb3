"""The webhook sink: its settings, its one request, and how it settles doubt."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Verifier

from connectors.webhook.sink import Config, Webhook
from engine.contract.account import Account
from engine.contract.context import Attempt, SendContext
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from engine.model.delivery import Doubt
from engine.model.post import Content
from engine.testing.fakes import ScriptedHttp

URL = "https://hooks.example.org/in"
READ_BACK = "https://hooks.example.org/messages/{id}"
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
NEXT = "whsec_" + base64.b64encode(b"another secret of more bytes").decode()
CONTENT = Content(text="Karim joins us.")


def sink_of(**settings: Any) -> Webhook:
    return Webhook(Config.model_validate(settings))


def context(http: ScriptedHttp, *, secrets: dict[str, str] | None = None, url: str | None = None) -> SendContext:
    account = Account("a1", "hook", "webhook", settings={"url": url} if url else {}, secrets=secrets or {})
    now = datetime.now(UTC)  # a signature is good for five minutes
    attempt = Attempt("t1", 2, "d1", now - timedelta(minutes=5))
    return SendContext(http, account, attempt, now)


async def test_a_commit_is_one_signed_post_to_the_own_address() -> None:
    sink = sink_of(url=URL, secret="secret://hooks")
    http = ScriptedHttp(sink)
    http.answer("POST", URL, 202)
    ctx = context(http, secrets={"signing": SECRET})
    body = sink.wire(CONTENT, ctx.account, ctx.attempt, {})
    receipt = await sink.commit(body, ctx)
    (asked,) = http.asked

    assert receipt.remote_id == "d1"
    assert asked.publishing
    assert asked.content == body
    Verifier(SECRET).verify(asked.content, dict(asked.headers))
    assert asked.headers["webhook-id"] == "d1"
    assert asked.headers["webhook-timestamp"] == str(int(ctx.now.timestamp()))


async def test_an_account_brings_its_own_address_and_both_secrets_of_a_change() -> None:
    sink = sink_of()
    http = ScriptedHttp(sink)
    http.answer("POST", "https://acme.example/hook")
    ctx = context(http, secrets={"signing": SECRET, "signing_next": NEXT}, url="https://acme.example/hook")
    await sink.commit(b"{}", ctx)

    for secret in (SECRET, NEXT):
        Verifier(secret).verify(b"{}", dict(http.asked[0].headers))


async def test_an_account_without_an_address_is_not_sent_to() -> None:
    http = ScriptedHttp()

    with pytest.raises(AccountLostError, match="has no URL"):
        await sink_of().commit(b"{}", context(http))
    assert http.asked == []


def test_the_settings_say_how_doubt_is_settled() -> None:
    assert sink_of(url=URL).doubt is Doubt.ASK
    assert sink_of(url=URL, read_back=READ_BACK).doubt is Doubt.FINDABLE
    assert sink_of(url=URL, receiver="deduplicates").doubt is Doubt.IDEMPOTENT
    assert sink_of(url=URL, receiver="deduplicates", read_back=READ_BACK).doubt is Doubt.IDEMPOTENT


def test_the_settings_name_their_secret_and_their_address() -> None:
    sink = sink_of(url=URL, secret="secret://hooks")

    assert sink.secrets() == {"signing": "hooks"}
    assert sink.own_address == URL
    assert sink_of().own_address is None
    assert sink_of(url=URL).secrets() == {}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"url": URL, "secret": SECRET}, "named here, never written"),
        ({"secret": "secret://hooks"}, "`url`, which is missing"),
        ({"url": "ftp://hooks.example.org"}, "http"),
        ({"url": URL, "read_back": "https://hooks.example.org/messages"}, "id"),
        ({"url": URL, "receiver": "maybe"}, "deduplicates"),
        ({"url": URL, "uri": URL}, "not permitted"),
    ],
)
def test_wrong_settings_are_refused_without_being_quoted(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as refused:
        Config.model_validate(settings)

    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (301, {"location": URL}, RejectedError),
        (400, {}, RejectedError),
        (401, {}, AccountLostError),
        (403, {}, AccountLostError),
        (404, {}, TransientError),
        (408, {}, TransientError),
        (410, {}, AccountLostError),
        (413, {}, RejectedError),
        (422, {}, RejectedError),
        (429, {"retry-after": "30"}, RateLimitedError),
        (500, {}, DoubtfulError),
        (502, {}, DoubtfulError),
        (503, {}, DoubtfulError),
        (503, {"retry-after": "30"}, RateLimitedError),
        (504, {}, DoubtfulError),
    ],
)
async def test_each_refusal_becomes_the_error_of_what_happens_next(
    status: int, headers: dict[str, str], expected: type[ChappeError]
) -> None:
    sink = sink_of(url=URL)
    http = ScriptedHttp(sink)
    http.answer("POST", URL, status, headers=headers)

    with pytest.raises(expected) as error:
        await sink.commit(b"{}", context(http))
    assert type(error.value) is expected


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_accepts_the_post(status: int) -> None:
    sink = sink_of(url=URL)
    http = ScriptedHttp(sink)
    http.answer("POST", URL, status, body=b"not json at all")

    assert (await sink.commit(b"{}", context(http))).remote_id == "d1"


async def test_the_read_back_url_tells_whether_a_message_has_arrived() -> None:
    sink = sink_of(url=URL, read_back=READ_BACK)
    http = ScriptedHttp(sink)
    http.answer("GET", "https://hooks.example.org/messages/d1", 200)
    http.answer("GET", "https://hooks.example.org/messages/d1", 404)
    found = await sink.find(CONTENT, context(http))

    assert found is not None
    assert found.remote_id == "d1"
    assert await sink.find(CONTENT, context(http)) is None
    with pytest.raises(DoubtfulError, match="another webhook-id"):
        await sink.find(CONTENT, replace(context(http), attempt=Attempt("t1", 0, "", datetime.now(UTC))))
    assert http.published == ()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 410])
async def test_any_other_answer_of_the_read_back_url_does_not_tell(status: int) -> None:
    sink = sink_of(url=URL, read_back=READ_BACK)
    http = ScriptedHttp(sink)
    http.answer("GET", "https://hooks.example.org/messages/d1", status)

    with pytest.raises(DoubtfulError, match=str(status)):
        await sink.find(CONTENT, context(http))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(408, TransientError), (429, RateLimitedError), (500, TransientError), (503, TransientError)],
)
async def test_a_read_back_url_in_trouble_is_asked_again_later(status: int, expected: type[ChappeError]) -> None:
    sink = sink_of(url=URL, read_back=READ_BACK)
    http = ScriptedHttp(sink)
    http.answer("GET", "https://hooks.example.org/messages/d1", status)

    with pytest.raises(expected):
        await sink.find(CONTENT, context(http))


async def test_without_a_read_back_url_nothing_can_be_read_back() -> None:
    with pytest.raises(DoubtfulError, match="cannot be read back"):
        await sink_of(url=URL).find(CONTENT, context(ScriptedHttp()))
