"""Posting as a member: uploads, cards, headers, and what a member's token is not sent to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.linkedin.member_sink import Config, LinkedInMember, parent_of
from engine.contract.account import Account
from engine.contract.context import SendContext
from engine.contract.sink import Receipt
from engine.errors import AccountLostError, DoubtfulError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.model.picture import LinkCard, Picture
from engine.model.post import Content
from engine.run.network import BoundHttp
from engine.testing.loopback import Answer, Loopback, always
from tests.connectors.golden import ATTEMPT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.testing.loopback import Received

TOKEN = "token-of-lea-at-linkedin"
CONTENT = Content(text="Our report (new)", title="A feed's title", link="https://acme.example/report")
SHOT = Picture(b"\xff\xd8one", "image/jpeg", 4, 3, "A crane")
CARD = LinkCard("https://acme.example/report", "Report 2026", "What we did.", SHOT)
CREATED = Answer(201, {"x-restli-id": "urn:li:share:71"}, b"")


class Place:
    """LinkedIn on loopback, and the sink before it."""

    def __init__(self, server: Loopback, client: HttpClient, **config: Any) -> None:
        self.server = server
        self.sink = LinkedInMember(Config.model_validate(config))
        app = {"api": server.url, "version": "202609"}
        account = Account(
            "a1", "lea", "linkedin", secrets={"access_token": TOKEN}, remote_id="urn:li:person:Lea1", app=app
        )
        http = BoundHttp(client, self.sink, timeout=5)
        self.ctx = SendContext(http, account, ATTEMPT, ATTEMPT.frozen_at, pictures=none, card=no_card)

    def answer(self, request: Received) -> Answer:
        """Answer as LinkedIn does."""
        if request.path == "/rest/images?action=initializeUpload":
            number = len(self.server.received)
            value = {"uploadUrl": f"{self.server.url}/dms-uploads/{number}", "image": f"urn:li:image:C{number}"}
            return Answer(body=json.dumps({"value": value}).encode())
        return CREATED


async def none(content: Content) -> tuple[Picture, ...]:
    assert content.text
    return ()


async def two(content: Content) -> tuple[Picture, ...]:
    assert content.text
    return SHOT, replace(SHOT, bytes=b"two", alt="")


async def no_card(url: str) -> LinkCard | None:
    assert url
    return None


async def card(url: str) -> LinkCard | None:
    assert url == CARD.url
    return CARD


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with Loopback(always(CREATED)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        made = Place(server, client)
        server.respond = made.answer
        yield made


async def test_a_post_speaks_the_version_and_the_protocol_and_its_id_is_in_a_header(place: Place) -> None:
    body = place.sink.wire(CONTENT, place.ctx.account, ATTEMPT, {})
    receipt = await place.sink.commit(body, place.ctx)

    (request,) = place.server.received
    assert (request.method, request.path, request.body) == ("POST", "/rest/posts", body)
    assert request.headers["linkedin-version"] == "202609"
    assert request.headers["x-restli-protocol-version"] == "2.0.0"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert receipt == Receipt("urn:li:share:71", "https://www.linkedin.com/feed/update/urn:li:share:71/")


async def test_pictures_are_uploaded_for_the_member_with_their_words(place: Place) -> None:
    prepared = await place.sink.prepare(CONTENT, replace(place.ctx, pictures=two))

    asked, put, *_ = place.server.received
    assert json.loads(asked.body) == {"initializeUploadRequest": {"owner": "urn:li:person:Lea1"}}
    assert (put.method, put.body, put.headers["content-type"]) == ("PUT", SHOT.bytes, "image/jpeg")
    assert prepared == {
        "image000": "urn:li:image:C1", "alt000": "A crane", "image001": "urn:li:image:C3", "alt001": "",
    }  # fmt: skip


async def test_the_card_of_a_link_is_made_of_the_pages_own_words_and_picture(place: Place) -> None:
    prepared = await place.sink.prepare(CONTENT, replace(place.ctx, card=card))
    assert prepared == {"title": "Report 2026", "description": "What we did.", "thumbnail": "urn:li:image:C1"}


@pytest.mark.parametrize(("title", "shown"), [("A feed's title", "A feed's title"), ("", "acme.example")])
async def test_a_page_that_says_nothing_has_a_card_all_the_same(place: Place, title: str, shown: str) -> None:
    prepared = await place.sink.prepare(CONTENT.model_copy(update={"title": title}), place.ctx)
    assert prepared == {"title": shown}


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/x", "https://evil.example/x", "https://linkedin.com.evil.example/", ""]
)
async def test_a_members_token_goes_to_linkedin_alone(place: Place, target: str) -> None:
    said = json.dumps({"value": {"uploadUrl": target, "image": "urn:li:image:C1"}}).encode()
    place.server.respond = always(Answer(body=said))
    with pytest.raises(TransientError, match="not its own"):
        await place.sink.prepare(CONTENT, replace(place.ctx, pictures=two))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"value": 3}', b"<html>"])
async def test_an_upload_that_is_not_told_where_to_is_tried_again(place: Place, body: bytes) -> None:
    place.server.respond = always(Answer(body=body))
    with pytest.raises(TransientError):
        await place.sink.prepare(CONTENT, replace(place.ctx, pictures=two))


@pytest.mark.parametrize("headers", [{}, {"x-restli-id": "urn:li:activity:71"}, {"x-restli-id": "x"}], ids=str)
async def test_a_yes_without_a_post_is_doubtful(place: Place, headers: dict[str, str]) -> None:
    place.server.respond = always(Answer(201, headers, b""))
    with pytest.raises(DoubtfulError):
        await place.sink.commit(b"{}", place.ctx)


@pytest.mark.parametrize(
    "link",
    [None, "https://acme.example/urn:li:share:71", "https://www.linkedin.com/feed/update/urn:li:activity:71/",
     "https://www.linkedin.com/posts/acme_we-are-hiring-activity-71-AbCd", "https://linkedin.com.evil/"],
)  # fmt: skip
def test_what_names_no_post_cannot_be_reshared(link: str | None) -> None:
    with pytest.raises(RejectedError, match="nothing to reshare"):
        parent_of(link)


async def test_a_reshare_uploads_nothing() -> None:
    async with Loopback(always(CREATED)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        place = Place(server, client, mode="reshare")
        assert await place.sink.prepare(CONTENT, replace(place.ctx, pictures=two, card=card)) == {}
        assert server.received == []


def test_an_account_that_was_never_connected_is_a_sentence() -> None:
    with pytest.raises(AccountLostError, match="accounts connect linkedin"):
        LinkedInMember(Config()).wire(CONTENT, Account("a1", "lea", "linkedin"), ATTEMPT, {})
