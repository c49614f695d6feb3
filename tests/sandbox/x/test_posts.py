"""Posts and reposts are refused as X refuses them, cost what X asks, and come back as X tells them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.people import COMPANY_ON_X
from tests.sandbox.x.conftest import user

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox
    from tests.sandbox.x.conftest import User

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


async def test_a_post_is_answered_by_its_number_and_its_text(lea: User) -> None:
    answer = await lea.post("Bonjour à tous")
    [post] = lea.timeline

    assert answer.status_code == 201
    assert answer.json() == {"data": {"id": post.id, "text": "Bonjour à tous"}}


async def test_text_comes_back_with_short_links_and_escaped_and_is_shown_as_written(lea: User) -> None:
    text = "Vent & mer <3 https://acme.com/p?a=1 (acme.fr)"
    told = (await lea.post(text)).json()["data"]["text"]
    page = await lea.get(f"/2/users/{lea.id}/tweets", **{"tweet.fields": "entities"})
    first, second = page["data"][0]["entities"]["urls"]

    assert told.startswith("Vent &amp; mer &lt;3 https://t.co/")
    assert (first["expanded_url"], second["expanded_url"]) == ("https://acme.com/p?a=1", "http://acme.fr")
    assert len(first["url"]) == 23 == first["end"] - first["start"]
    assert (await lea.sandbox.client.get("/networks/x/accounts/lea")).json()["posts"][0]["text"] == text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x" * 280, 201),
        ("x" * 281, 400),
        ("日" * 140, 201),
        ("日" * 141, 400),
        ("👩‍👩‍👧‍👦" * 140, 201),
        ("x" * 256 + " https://acme.com/" + "y" * 100, 201),
        ("x" * 257 + " https://acme.com/" + "y" * 100, 400),
        ("\ufeff oui", 400),
    ],
)
async def test_text_is_weighed(lea: User, text: str, status: int) -> None:
    assert (await lea.post(text)).status_code == status


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"surprise": 1}, 400, "$.surprise: is not defined in the schema"),
        ({"media": {"media_ids": []}}, 400, "$.media.media_ids"),
        ({"media": {"media_ids": ["1", "2", "3", "4", "5"]}}, 400, "$.media.media_ids"),
        ({"media": {"media_ids": ["1"]}}, 400, "Your media IDs are invalid."),
        ({"reply_settings": "nobody"}, 400, "$.reply_settings"),
        ({"text": ""}, 400, "A post needs text or media."),
        ({"text": "  "}, 400, "A post needs text or media."),
        ({"text": "$ACME et $TSLA"}, 403, "cashtag"),
        ({"quote_tweet_id": "1"}, 403, "Quoting"),
        ({"reply": {"in_reply_to_tweet_id": "1"}}, 403, "reply to a Tweet that is deleted"),
    ],
)
async def test_a_faulty_post_is_refused(lea: User, fields: dict[str, Any], status: int, said: str) -> None:
    answer = await lea.post(**{"text": "Bonjour", **fields})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.text
    assert lea.timeline == []


async def test_a_body_that_is_no_json_is_refused(lea: User) -> None:
    half = await lea.send("POST", "/2/tweets", content=b'{"text":', headers={"content-type": "application/json"})
    form = await lea.send("POST", "/2/tweets", data={"text": "x"})

    assert (half.status_code, half.json()["errors"][0]["message"]) == (400, "Request body is not valid JSON.")
    assert (form.status_code, "content-type of application/json" in form.text) == (400, True)


async def test_the_same_words_again_are_refused_without_naming_the_first(lea: User, karim: User) -> None:
    first = (await lea.post("Encore")).json()["data"]["id"]
    again = await lea.post(" Encore ")

    assert (again.status_code, again.json()["detail"]) == (403, DUPLICATE)
    assert first not in again.text
    assert (await karim.post("Encore")).status_code == 201
    lea.sandbox.clock.advance(timedelta(hours=24).total_seconds())
    assert (await lea.post("Encore")).status_code == 201


async def test_a_post_of_the_company_is_reposted_once_by_each(lea: User, karim: User) -> None:
    steering = lea.sandbox.client
    number = (await steering.post("/networks/x/posts", json={"text": "Nous recrutons"})).json()["id"]
    answers = [
        await one.send("POST", f"/2/users/{one.id}/retweets", json={"tweet_id": number}) for one in (lea, karim, lea)
    ]
    page = await karim.get(f"/2/users/{karim.id}/tweets", **{"tweet.fields": "referenced_tweets"})

    assert [one.status_code for one in answers] == [200, 200, 400]
    assert answers[0].json()["data"]["retweeted"] is True
    assert "already retweeted" in answers[2].text
    assert page["data"][0]["text"] == "RT @acme: Nous recrutons"
    assert page["data"][0]["referenced_tweets"] == [{"type": "retweeted", "id": number}]


async def test_nobody_reposts_for_somebody_else_nor_what_is_not_there(lea: User, karim: User) -> None:
    number = (await karim.post()).json()["data"]["id"]
    for_karim = await lea.send("POST", f"/2/users/{karim.id}/retweets", json={"tweet_id": number})
    nothing = await lea.send("POST", f"/2/users/{lea.id}/retweets", json={"tweet_id": "1"})

    assert (for_karim.status_code, nothing.status_code) == (403, 404)
    assert nothing.json()["type"] == "https://api.x.com/2/problems/resource-not-found"


async def test_subscribers_have_more_room_and_their_long_posts_come_back_as_notes(lea: User) -> None:
    long = "Un parc éolien. " * 40
    assert (await lea.post(long)).status_code == 400
    await lea.sandbox.client.put("/networks/x/subscribers", json=["lea"])
    assert (await lea.post(long)).status_code == 201
    old = (await lea.get(f"/2/users/{lea.id}/tweets", **{"tweet.fields": "note_tweet"}))["data"][0]
    new = (await lea.get(f"/2/users/{lea.id}/tweets", **{"post.fields": "note_post"}))["data"][0]

    assert old["text"].endswith("…")
    assert old["note_tweet"]["text"] == new["note_post"]["text"] == long.strip()


@pytest.mark.parametrize(
    ("scopes", "path", "method"),
    [
        (("tweet.read", "users.read"), "/2/tweets", "POST"),
        (("tweet.write",), "/2/users/me", "GET"),
        (("tweet.read", "users.read", "tweet.write"), "/2/media/upload/initialize", "POST"),
    ],
)
async def test_without_the_scope_nothing_goes(
    sandbox: Sandbox, scopes: tuple[str, ...], path: str, method: str
) -> None:
    answer = await user(sandbox, "ines", scopes).send(method, path, json={})

    assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")


async def test_a_token_lives_for_two_hours_and_what_kills_it_is_not_said(sandbox: Sandbox, karim: User) -> None:
    karim.headers = {"authorization": "Bearer nobody"}
    unknown = await karim.post()
    missing = await sandbox.client.post("/x/2/tweets", json={"text": "x"})

    assert unknown.status_code == missing.status_code == 401
    assert unknown.json() == {"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank", "status": 401}


async def test_users_are_told_who_they_are(lea: User) -> None:
    plain = await lea.get("/2/users/me")
    more = await lea.get("/2/users/me", **{"user.fields": "created_at,description"})
    wrong = await lea.send("GET", "/2/users/me", params={"user.fields": "shoe_size"})

    assert plain == {"data": {"id": lea.id, "name": "Léa Martin", "username": "lea_martin"}}
    assert more["data"]["created_at"].endswith("Z")
    assert (wrong.status_code, "[shoe_size] is not one of" in wrong.text) == (400, True)


async def test_the_company_has_an_account_too(sandbox: Sandbox) -> None:
    assert (await user(sandbox, COMPANY_ON_X).get("/2/users/me"))["data"]["username"] == "acme"


async def test_the_own_post_is_replied_to_and_the_reply_says_so(lea: User) -> None:
    post = (await lea.post("Bonjour")).json()["data"]["id"]
    reply = {"in_reply_to_tweet_id": post}

    assert (await lea.post("Read on", reply=reply)).status_code == 201

    path = f"/2/users/{lea.id}/tweets"
    shown = await lea.get(path, **{"tweet.fields": "referenced_tweets"})
    assert shown["data"][0]["referenced_tweets"] == [{"type": "replied_to", "id": post}]
    alone = await lea.get(path, exclude="replies")
    assert [one["text"] for one in alone["data"]] == ["Bonjour"]
