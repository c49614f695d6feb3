"""Reading a page: lists, edits, and everything that an answer may lack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.facebook.page_source import Config, FacebookPageSource
from engine.contract.context import SourceContext
from engine.errors import AccountLostError, MappingError, TransientError
from engine.http_client import HttpClient
from engine.run.network import BoundHttp
from engine.testing.fakes import parse_here
from engine.testing.loopback import Answer, Loopback, always
from tests.connectors.facebook.graph import TOKEN, answer, failed, page, row, said

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.source import Batch
    from engine.testing.fakes import FakeClock
    from engine.testing.loopback import Received, Respond


async def poll(
    respond: Respond, now: datetime, cursor: str | None = None, **config: Any
) -> tuple[Batch, list[Received]]:
    """Read a page that answers so; return what came and what was asked."""
    async with Loopback(respond) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        source = FacebookPageSource(Config.model_validate(config))
        ctx = SourceContext(BoundHttp(client, source, timeout=5), parse_here, now, page(server.url))
        return await source.fetch(cursor, ctx), server.received


async def test_the_first_poll_reads_one_list_with_the_token_in_a_header(clock: FakeClock) -> None:
    batch, asked = await poll(always(said([row(2), row(1)], after="more")), clock.now())

    assert [post.text for post in batch.posts] == ["Post 1", "Post 2"]
    (request,) = asked
    assert request.path.startswith("/v26.0/108/published_posts?")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in request.path


async def test_a_later_poll_reads_on_until_what_it_has_read(clock: FakeClock) -> None:
    first, _ = await poll(always(said([row(1)])), clock.now())
    lists = {"": said([row(9), row(8)], after="a"), "a": said([], after="b"), "b": said([row(2), row(1)], after="c")}

    batch, asked = await poll(lambda request: lists[after(request)], clock.now(), first.cursor)

    assert [post.key for post in batch.posts] == ["108_1", "108_2", "108_8", "108_9"]
    assert len(asked) == 3
    assert batch.window == 4


async def test_lists_without_end_are_left_after_ten(clock: FakeClock) -> None:
    first, _ = await poll(always(said([row(1)])), clock.now())
    numbers = iter(range(100, 0, -1))

    batch, asked = await poll(lambda _: said([row(next(numbers) + 50)], after="more"), clock.now(), first.cursor)

    assert len(asked) == 10
    assert len(batch.posts) == 10


async def test_the_same_list_is_unchanged_and_an_edit_is_not(clock: FakeClock) -> None:
    first, _ = await poll(always(said([row(1)])), clock.now())
    again, _ = await poll(always(said([row(1)])), clock.now(), first.cursor)
    edited, _ = await poll(always(said([row(1, message="Mended")])), clock.now(), first.cursor)

    assert again.unchanged
    assert again.cursor == first.cursor
    assert [(post.key, post.text) for post in edited.posts] == [("108_1", "Mended")]
    assert edited.posts[0].content_hash != first.posts[0].content_hash


async def test_the_cursor_holds_none_of_facebooks_own(clock: FakeClock) -> None:
    batch, _ = await poll(always(said([row(1)], after="secretcursor")), clock.now())
    assert batch.cursor is not None
    assert set(json.loads(batch.cursor)) == {"newest", "digest", "words"}


def album(*numbers: int, turn: str = "1") -> dict[str, object]:
    """Return an album as the Graph API shows it: the addresses of its pictures are signed, and change."""
    photos = [
        {"media_type": "photo", "target": {"id": str(number)},
         "media": {"image": {"src": f"https://cdn.example/{number}.jpg?oh={turn}"}}}
        for number in numbers
    ]  # fmt: skip
    return {"data": [{"media_type": "album", "subattachments": {"data": photos}}]}


async def test_the_words_of_a_photo_are_asked_for_once_and_come_along(clock: FakeClock) -> None:
    def respond(request: Received, turn: str = "1") -> Answer:
        if "published_posts" in request.path:
            return said([row(1, attachments=album(7, 8, turn=turn))])
        return answer({"id": "7", "alt_text_custom": "A crane"} if "/7?" in request.path else {"id": "8"})

    first, asked = await poll(respond, clock.now())
    again, less = await poll(lambda request: respond(request, "2"), clock.now(), first.cursor)

    assert [one.alt for one in first.posts[0].media] == ["A crane", ""]
    assert len(asked) == 3
    assert again.unchanged, "an address that is signed anew is no edit"
    assert len(less) == 1


async def test_many_photos_are_asked_about_over_several_polls(clock: FakeClock) -> None:
    def respond(request: Received) -> Answer:
        if "published_posts" in request.path:
            return said([row(1, attachments=album(*range(70)))])
        return answer({"alt_text_custom": "Words"})

    first, _ = await poll(respond, clock.now())
    second, _ = await poll(respond, clock.now(), first.cursor)
    third, _ = await poll(respond, clock.now(), second.cursor)

    assert sum(bool(one.alt) for one in first.posts[0].media) == 50
    assert sum(bool(one.alt) for one in second.posts[0].media) == 70
    assert third.unchanged


async def test_a_photo_that_may_not_be_read_has_no_words(clock: FakeClock) -> None:
    def respond(request: Received) -> Answer:
        return said([row(1, attachments=album(7))]) if "published_posts" in request.path else failed(400, 100, 33)

    batch, _ = await poll(respond, clock.now())
    assert [one.alt for one in batch.posts[0].media] == [""]


async def test_odd_rows_are_left_out_and_counted_and_hide_no_other(clock: FakeClock) -> None:
    rows = [row(3), {"message": "no id"}, None, {"id": "108_2", "is_published": False, "message": "Later"}, row(1)]
    batch, _ = await poll(always(said(rows)), clock.now())

    assert [post.key for post in batch.posts] == ["108_1", "108_3"]
    assert "left out 2: no post that can be read" in batch.note
    assert "left out 1: not published yet" in batch.note


@pytest.mark.parametrize(
    "odd",
    [said(None), Answer(body=b"[]"), Answer(body=b'{"data": {}}'), Answer(body=b"<html>"), Answer(body=b"[" * 99_999)],
    ids=["null", "a list", "no list", "a page", "nested"],
)
async def test_an_answer_of_another_shape_is_trouble_and_not_an_empty_page(odd: Answer, clock: FakeClock) -> None:
    with pytest.raises(TransientError):
        await poll(always(odd), clock.now())


async def test_an_empty_page_is_empty(clock: FakeClock) -> None:
    batch, _ = await poll(always(said([])), clock.now())
    assert (batch.posts, batch.window) == ((), 0)
    assert batch.cursor is not None


async def test_a_page_that_lost_its_admin_is_a_sentence_to_its_owner(clock: FakeClock) -> None:
    with pytest.raises(AccountLostError, match="has no role on it any more"):
        await poll(always(failed(400, 190, 492)), clock.now())


async def test_without_an_account_the_mapping_is_at_fault(clock: FakeClock) -> None:
    async with HttpClient() as client:
        source = FacebookPageSource(Config())
        with pytest.raises(MappingError, match="account"):
            await source.fetch(None, SourceContext(BoundHttp(client, source), parse_here, clock.now()))


async def test_a_post_of_63206_characters_with_thirty_pictures_is_read_whole(clock: FakeClock) -> None:
    text = "👩‍👩‍👧‍👦 أهلا \u200b" * 5_000
    pictures = [{"media_type": "photo", "media": {"image": {"src": f"https://cdn.example/{n}.jpg"}}} for n in range(30)]
    album = {"data": [{"media_type": "album", "subattachments": {"data": pictures}}]}
    batch, _ = await poll(always(said([row(1, message=text[:63_206], attachments=album)])), clock.now())

    (post,) = batch.posts
    assert post.text == text[:63_206]
    assert len(post.media) == 30


def after(request: Received) -> str:
    """Return which list a request asks for."""
    return request.path.partition("&after=")[2]
