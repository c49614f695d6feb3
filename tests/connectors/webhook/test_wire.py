"""The message and its signature are what Standard Webhooks asks for."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from connectors.webhook.account import WebhookAccount
from connectors.webhook.wire import FORM, body_of, headers_of
from engine.errors import AccountLostError
from engine.model.post import Author, Content, Media
from engine.testing.strategies import contents, instants

HAPPENED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
NEXT = "whsec_" + base64.b64encode(b"another secret of more bytes").decode()


def test_the_body_is_this_json_to_the_byte() -> None:
    content = Content(
        text="Karim joins us.",
        title="News",
        link="https://acme.example/karim",
        media=(Media(url="https://acme.example/karim.jpg", alt="Karim"),),
        variant=3,
        post_key="k1",
        author=Author(name="Léa"),
        hashtags=("Acme",),
        language="en",
    )

    expected = (
        '{"type":"post.published","timestamp":"2026-01-05T09:00:00Z","data":{"text":"Karim joins us.","title":"News",'
        '"link":"https://acme.example/karim","media":[{"url":"https://acme.example/karim.jpg","kind":"image",'
        '"mime":null,"alt":"Karim","width":null,"height":null,"size_bytes":null}],"post_key":"k1","permalink":null,'
        '"published_at":null,"author":{"name":"Léa","url":null},"hashtags":["Acme"],"language":"en"}}'
    )
    assert expected == body_of(content, HAPPENED).decode()


@given(content=contents(), happened=instants())
def test_the_body_is_readable_json_and_depends_on_nothing_but_its_arguments(
    content: Content, happened: datetime
) -> None:
    body = body_of(content, happened)
    copy = Content.model_validate_json(content.model_dump_json())

    assert body == body_of(copy, happened)
    message = json.loads(body)
    assert message["type"] == "post.published"
    assert datetime.fromisoformat(message["timestamp"]) == happened
    assert message["data"]["text"] == content.text


def test_the_time_of_the_event_is_the_same_in_every_zone() -> None:
    paris = HAPPENED.astimezone(timezone(timedelta(hours=1)))

    assert body_of(Content(), paris) == body_of(Content(), HAPPENED)


@given(
    body=st.text().map(str.encode), secret=st.binary(min_size=24, max_size=64), prefix=st.sampled_from(["whsec_", ""])
)
def test_a_receiver_with_the_library_of_the_standard_verifies_every_message(
    body: bytes, secret: bytes, prefix: str
) -> None:
    shared = prefix + base64.b64encode(secret).decode()
    headers = headers_of(body, key="d1", now=datetime.now(UTC), secrets=[shared])

    Webhook(shared).verify(body, headers, json_parse=False)
    assert headers["webhook-id"] == "d1"
    assert headers["content-type"] == "application/json"


def test_a_time_in_another_zone_signs_as_the_same_instant() -> None:
    paris = HAPPENED.astimezone(timezone(timedelta(hours=1)))
    headers = headers_of(b"{}", key="d1", now=paris, secrets=[SECRET])

    assert headers == headers_of(b"{}", key="d1", now=HAPPENED, secrets=[SECRET])
    assert headers["webhook-timestamp"] == "1767603600"


def test_while_a_secret_changes_both_sign() -> None:
    headers = headers_of(b"{}", key="d1", now=datetime.now(UTC), secrets=[SECRET, NEXT])

    for secret in (SECRET, NEXT):
        Webhook(secret).verify(b"{}", headers)
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_without_a_secret_there_is_no_signature() -> None:
    assert "webhook-signature" not in headers_of(b"{}", key="d1", now=HAPPENED, secrets=[])


@pytest.mark.parametrize(
    "secret",
    ["hunter2", "whsec_" + "A" * 33, "whsec_" + "A" * 28, "whsec_" + "A" * 200, SECRET + "\n", "ä" * 40],
)
def test_a_secret_of_another_form_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(AccountLostError, match="wrong form") as refused:
        headers_of(b"{}", key="d1", now=HAPPENED, secrets=[secret])

    assert secret not in str(refused.value)


def test_a_secret_of_another_form_is_named_where_it_is_given_without_being_shown() -> None:
    assert WebhookAccount.check({}, {"signing": SECRET, "signing_next": NEXT}) == []

    [sentence] = WebhookAccount.check({}, {"signing": SECRET, "signing_next": "hunter2"})

    assert sentence == f"`signing_next` has the wrong form: {FORM}."


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_an_empty_secret_is_refused(secret: str) -> None:
    with pytest.raises(AccountLostError, match="wrong form"):
        headers_of(b"{}", key="d1", now=HAPPENED, secrets=[secret])
