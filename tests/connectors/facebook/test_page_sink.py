"""Publishing on a page: requests as documented, and the way out of doubt."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from connectors.facebook.page_sink import Config, FacebookPageSink
from engine.contract.context import Attempt, SendContext
from engine.contract.sink import Receipt
from engine.errors import AccountLostError, DoubtfulError
from engine.http_client import HttpClient
from engine.model.picture import Picture
from engine.model.post import Content
from engine.run.network import BoundHttp
from engine.testing.loopback import Loopback, always
from tests.connectors.facebook.graph import TOKEN, answer, failed, page, row, said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from engine.testing.fakes import FakeClock

CONTENT = Content(text="Nous recrutons !\nÀ Gand.  ", link="https://acme.example/jobs/3")
SHOTS = (Picture(b"\xff\xd8one", "image/jpeg", 4, 3, "A crane"), Picture(b"\x89PNGtwo", "image/png", 4, 3))


class Place:
    """A page's Graph API on loopback, and the sink before it."""

    def __init__(self, server: Loopback, client: HttpClient, now: datetime) -> None:
        self.server = server
        self.sink = FacebookPageSink(Config())
        attempt = Attempt("0197attempt", 1, "0197delivery", now)
        self.ctx = SendContext(BoundHttp(client, self.sink, timeout=5), page(server.url), attempt, now)

    def body(self, prepared: dict[str, str] | None = None) -> bytes:
        return self.sink.wire(CONTENT, self.ctx.account, self.ctx.attempt, prepared or {})


@pytest.fixture
async def place(clock: FakeClock) -> AsyncIterator[Place]:
    async with Loopback(always(answer({"id": "108_77"}))) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        yield Place(server, client, clock.now())


async def test_a_post_is_one_form_with_the_token_in_a_header(place: Place) -> None:
    receipt = await place.sink.commit(place.body(), place.ctx)

    (request,) = place.server.received
    assert (request.method, request.path) == ("POST", "/v26.0/108/feed")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN.encode() not in request.body
    assert parse_qs(request.body.decode()) == {"message": [CONTENT.text], "link": [CONTENT.link]}
    assert receipt == Receipt("108_77", "https://www.facebook.com/108_77")


async def test_pictures_are_uploaded_unpublished_with_their_words_and_shown_by_one_post(place: Place) -> None:
    numbers = iter(("501", "502"))
    place.server.respond = lambda _: answer({"id": next(numbers)})

    async def pictures(content: Content) -> tuple[Picture, ...]:
        assert content == CONTENT
        return SHOTS

    prepared = await place.sink.prepare(CONTENT, replace(place.ctx, pictures=pictures))

    one, two = place.server.received
    assert one.path == "/v26.0/108/photos"
    assert b'name="published"\r\n\r\nfalse' in one.body
    assert b'name="alt_text_custom"\r\n\r\nA crane' in one.body
    assert SHOTS[0].bytes in one.body
    assert b"alt_text_custom" not in two.body
    form = parse_qs(place.body(prepared).decode())
    assert [json.loads(form[f"attached_media[{n}]"][0]) for n in (0, 1)] == [
        {"media_fbid": "501"},
        {"media_fbid": "502"},
    ]
    assert "link" not in form


@pytest.mark.parametrize("said_back", [{"success": True}, {"id": 5}, {}, []], ids=str)
async def test_a_yes_without_an_id_is_doubtful(place: Place, said_back: object) -> None:
    place.server.respond = always(answer(said_back))
    with pytest.raises(DoubtfulError):
        await place.sink.commit(place.body(), place.ctx)


async def test_what_was_just_published_is_read_back_and_not_sent_again(place: Place) -> None:
    place.server.respond = always(failed(400, 506))
    with pytest.raises(DoubtfulError, match="506"):
        await place.sink.commit(place.body(), place.ctx)


@pytest.mark.parametrize(
    ("message", "minutes", "found"),
    [
        ("Nous recrutons !\nÀ Gand.", 1, True),
        (" Nous recrutons !  \nÀ Gand.", -5, True),
        ("Nous recrutons !", 1, False),
        ("Nous recrutons !\nÀ Gand.", -60, False),
    ],
    ids=["trimmed", "a clock five minutes late", "other words", "an hour before"],
)
async def test_a_doubt_is_settled_by_the_same_words_since_the_try(
    place: Place, message: str, minutes: int, found: bool
) -> None:
    when = (place.ctx.now + timedelta(minutes=minutes)).isoformat()
    one = row(5, message=message, created_time=when, permalink_url="https://www.facebook.com/acme/posts/5")
    place.server.respond = always(said([row(6, message="Another", created_time=when), one]))

    receipt = await place.sink.find(CONTENT, place.ctx)

    assert receipt == (Receipt("108_5", "https://www.facebook.com/acme/posts/5") if found else None)


async def test_a_link_alone_is_found_by_its_address(place: Place) -> None:
    content = Content(link="https://acme.example/report")
    attachments = {"data": [{"unshimmed_url": content.link}]}
    one = row(5, message=None, created_time=place.ctx.now.isoformat(), attachments=attachments)
    place.server.respond = always(said([one]))

    receipt = await place.sink.find(content, place.ctx)
    assert receipt is not None
    assert receipt.remote_id == "108_5"


async def test_an_account_that_was_never_connected_is_a_sentence(place: Place) -> None:
    account = replace(place.ctx.account, remote_id="")
    with pytest.raises(AccountLostError, match="accounts connect"):
        await place.sink.commit(place.body(), replace(place.ctx, account=account))


async def test_more_than_one_list_shows_is_a_question_to_a_person(place: Place) -> None:
    rows = [row(number, message="Another", created_time=place.ctx.now.isoformat()) for number in range(100)]
    place.server.respond = always(said(rows))
    with pytest.raises(DoubtfulError, match="More was published since"):
        await place.sink.find(CONTENT, place.ctx)
