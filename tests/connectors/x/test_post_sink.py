"""Posting at X: requests as its description has them, and the way out of doubt."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.x.post_sink import Config, XPost, post_in
from engine.contract.account import Account
from engine.contract.context import SendContext
from engine.contract.sink import Receipt
from engine.errors import AccountLostError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.model.picture import Picture
from engine.model.post import Content, Media
from engine.run.network import BoundHttp
from engine.testing.loopback import Answer, Loopback, always
from tests.connectors.golden import ATTEMPT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.errors import ChappeError
    from engine.testing.loopback import Received

TOKEN = "access-token-of-lea-at-x"
CONTENT = Content(text="Wind & water: our report https://acme.example/report", link="https://acme.example/report")
SHOT = Picture(b"\xff\xd8one", "image/jpeg", 4, 3, "A crane")
NUMBER = "1980123456789"


def said(data: object, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps({"data": data}).encode())


def row(text: str, minutes: float = 1, **more: Any) -> dict[str, Any]:
    at = (ATTEMPT.frozen_at + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"id": NUMBER, "text": text, "created_at": at, **more}


class Place:
    """X on loopback, and the sink before it."""

    def __init__(self, server: Loopback, client: HttpClient) -> None:
        self.server = server
        self.client = client
        self.sink = XPost(Config())
        self.account = Account(
            "a1", "lea", "x", secrets={"access_token": TOKEN}, remote_id="12", app={"api": server.url}
        )

    @property
    def ctx(self) -> SendContext:
        http = BoundHttp(self.client, self.sink, timeout=5)
        return SendContext(http, self.account, ATTEMPT, ATTEMPT.frozen_at, pictures=shots)

    def answer(self, request: Received) -> Answer:
        """Answer as X does."""
        return said({"id": NUMBER, "text": "x"}, 201 if request.path == "/2/tweets" else 200)


async def shots(content: Content) -> tuple[Picture, ...]:
    return (SHOT, replace(SHOT, alt="")) if content.media else ()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with Loopback(always(Answer())) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        made = Place(server, client)
        server.respond = made.answer
        yield made


async def test_a_post_is_one_request_with_the_token_in_a_header(place: Place) -> None:
    body = place.sink.wire(CONTENT, place.account, ATTEMPT, {})
    receipt = await place.sink.commit(body, place.ctx)

    (request,) = place.server.received
    assert (request.method, request.path, request.body) == ("POST", "/2/tweets", body)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert receipt == Receipt(NUMBER, f"https://x.com/i/status/{NUMBER}")


def test_no_two_accounts_post_the_same_and_many_may_repost_one_post() -> None:
    assert XPost(Config()).words_alone
    assert not XPost(Config(mode="repost")).words_alone


async def test_a_repost_names_the_account_and_the_original(place: Place) -> None:
    place.sink = XPost(Config(mode="repost"))
    place.server.respond = always(said({"retweeted": True, "rest_id": "77"}))
    content = CONTENT.model_copy(update={"link": "https://x.com/acme/status/77"})

    receipt = await place.sink.commit(place.sink.wire(content, place.account, ATTEMPT, {}), place.ctx)

    (request,) = place.server.received
    assert (request.path, request.body) == ("/2/users/12/retweets", b'{"tweet_id":"77"}')
    assert receipt.remote_id == "77"


async def test_a_picture_is_begun_sent_ended_and_described(place: Place) -> None:
    content = CONTENT.model_copy(update={"media": ({"url": "https://acme.example/a.jpg"},)})
    prepared = await place.sink.prepare(content, place.ctx)

    paths = [request.path for request in place.server.received]
    upload = "/2/media/upload"
    steps = [f"{upload}/initialize", f"{upload}/{NUMBER}/append", f"{upload}/{NUMBER}/finalize"]
    assert paths == [*steps, "/2/media/metadata", *steps]
    begun, sent, _, described = (json.loads(one.body or b"{}") for one in place.server.received[:4])
    assert begun == {"media_type": "image/jpeg", "media_category": "tweet_image", "total_bytes": len(SHOT.bytes)}
    assert base64.b64decode(sent["media"]) == SHOT.bytes
    assert described == {"id": NUMBER, "metadata": {"alt_text": {"text": "A crane"}}}
    assert prepared == {"media0": NUMBER, "media1": NUMBER}


@pytest.mark.parametrize(
    ("info", "error", "words"),
    [
        ({"state": "in_progress", "check_after_secs": 7}, RateLimitedError, "X still works at a picture"),
        ({"state": "pending", "check_after_secs": "soon"}, RateLimitedError, "X still works at a picture"),
        ({"state": "failed", "error": {"message": "Unsupported format."}}, RejectedError, "post: Unsupported format.$"),
        ({"state": "failed", "error": "?"}, RejectedError, "it does not say why.$"),
    ],
    ids=["in progress", "pending", "failed", "failed in silence"],
)
async def test_what_x_says_of_a_picture_that_it_works_at(
    place: Place, info: dict[str, Any], error: type[ChappeError], words: str
) -> None:
    place.server.respond = always(said({"id": NUMBER, "processing_info": info}))
    with pytest.raises(error, match=words):
        await place.sink.ready(replace(place.ctx, prepared={"media0": NUMBER, "waits0": NUMBER}))
    await place.sink.ready(replace(place.ctx, prepared={"media0": NUMBER}))

    (request,) = place.server.received
    assert request.path == f"/2/media/upload?command=STATUS&media_id={NUMBER}"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("text", "minutes", "found"),
    [
        ("Wind &amp; water: our report https://t.co/abc", 1, True),
        ("Wind &amp; water: our report https://t.co/abc", -5, True),
        ("Wind &amp; water: our report https://t.co/abc", -60, False),
        ("Wind &amp; water: another report https://t.co/abc", 1, False),
    ],
    ids=["as X shows it", "a clock five minutes late", "an hour before", "other words"],
)
async def test_a_doubt_is_settled_by_the_same_words(place: Place, text: str, minutes: float, found: bool) -> None:
    place.server.respond = always(said([row("Something else"), row(text, minutes)]))
    receipt = await place.sink.find(CONTENT, place.ctx)

    assert (receipt is not None) is found
    asked = urlsplit(place.server.received[0].path)
    since = (ATTEMPT.frozen_at - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (asked.path, parse_qs(asked.query)["start_time"]) == ("/2/users/12/tweets", [since])


async def test_a_long_post_is_known_by_its_note(place: Place) -> None:
    place.server.respond = always(said([row("Wind &amp;…", note_tweet={"text": CONTENT.text})]))
    assert await place.sink.find(CONTENT, place.ctx) is not None


async def test_a_repost_is_found_by_its_original(place: Place) -> None:
    place.sink = XPost(Config(mode="repost"))
    content = CONTENT.model_copy(update={"link": "https://x.com/acme/status/77"})
    for original, found in (("77", True), ("78", False)):
        place.server.respond = always(said([row("RT", referenced_tweets=[{"type": "retweeted", "id": original}])]))
        assert (await place.sink.find(content, place.ctx) is not None) is found


async def test_an_empty_timeline_has_nothing(place: Place) -> None:
    place.server.respond = always(Answer(body=b'{"meta": {"result_count": 0}}'))
    assert await place.sink.find(CONTENT, place.ctx) is None


async def test_a_picture_alone_cannot_be_told_from_another(place: Place) -> None:
    place.server.respond = always(said([row("https://t.co/abc")]))
    with pytest.raises(DoubtfulError, match="without words"):
        await place.sink.find(Content(link="https://acme.example/"), place.ctx)


@pytest.mark.parametrize("rows", [{"a": 1}, [{"id": "1", "text": "no time"}], [row("x", created_at="soon")]], ids=str)
async def test_a_timeline_that_cannot_be_read_is_looked_at_later(place: Place, rows: object) -> None:
    place.server.respond = always(said(rows))
    with pytest.raises(TransientError):
        await place.sink.find(CONTENT, place.ctx)


@pytest.mark.parametrize("data", [None, {}, {"id": 5}, {"id": "x"}, []], ids=str)
async def test_a_yes_without_a_post_is_doubtful(place: Place, data: object) -> None:
    place.server.respond = always(said(data, 201))
    with pytest.raises(DoubtfulError):
        await place.sink.commit(place.sink.wire(CONTENT, place.account, ATTEMPT, {}), place.ctx)


@pytest.mark.parametrize(
    "link", [None, "https://x.com/acme", "https://acme.example/a/status/1", "https://x.com/a/status/x"]
)
def test_what_is_no_post_cannot_be_reposted(link: str | None) -> None:
    with pytest.raises(RejectedError, match="nothing to repost"):
        post_in(link)


@pytest.mark.parametrize(
    ("content", "mode", "dollars"),
    [
        (Content(text="Words alone"), "post", "0.015"),
        (Content(text="Our report https://acme.com/report"), "post", "0.200"),
        (Content(text="See acme.com"), "post", "0.200"),
        (Content(text="A crane", media=(Media(url="https://a.example/1", alt="A crane"),) * 2), "post", "0.025"),
        (Content(text="Look", link="https://x.com/acme/status/1"), "repost", "0.015"),
    ],
    ids=["words", "link", "a link without https", "two descriptions", "repost"],
)
def test_the_price_is_known_before(content: Content, mode: Any, dollars: str) -> None:
    assert XPost(Config(mode=mode)).cost(content) == Decimal(dollars)


async def test_an_account_that_was_never_connected_is_a_sentence(place: Place) -> None:
    place.account = replace(place.account, remote_id="")
    with pytest.raises(AccountLostError, match="accounts connect x"):
        await place.sink.commit(b"{}", place.ctx)
