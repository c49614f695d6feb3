"""Publishing on a page as an app: text, links, pictures with alt text, edits, deletion, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.facebook.publishing import BIGGEST, LONGEST
from sandbox.people import PAGE
from sandbox.pictures import picture
from tests.sandbox.facebook.test_tokens import code_of

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.facebook.conftest import Facebook

PNG = picture("acme")


async def upload(facebook: Facebook, token: str, data: bytes = PNG, **fields: str) -> httpx.Response:
    """Send a photo's bytes."""
    return await facebook.client.post(
        f"/v26.0/{PAGE}/photos", params={"access_token": token}, data=fields, files={"source": ("a.png", data)}
    )


async def test_a_post_stands_on_the_page_as_it_was_sent(facebook: Facebook) -> None:
    token = await facebook.page_token()
    answer = await facebook.post(f"{PAGE}/feed", token, message="Grüße, 👩‍🚒 & <b>\n#x", link="https://acme.example/a")
    [post] = await facebook.timeline()

    assert answer.json() == {"id": post["id"]}
    assert post["id"].startswith(f"{PAGE}_")
    assert post["text"] == "Grüße, 👩‍🚒 & <b>\n#x"
    assert (post["card"]["url"], post["card"]["title"]) == ("https://acme.example/a", "acme.example")
    assert post["app"] == facebook.app.id


async def test_a_post_can_be_sent_as_json_too(facebook: Facebook) -> None:
    token = await facebook.page_token()
    answer = await facebook.client.post(
        f"/v26.0/{PAGE}/feed",
        json={"message": "Bonjour", "published": True},
        headers={"authorization": f"OAuth {token}"},
    )

    assert answer.status_code == 200
    assert [post["text"] for post in await facebook.timeline()] == ["Bonjour"]


async def test_one_photo_is_published_with_its_words_and_its_alt_text(facebook: Facebook) -> None:
    answer = await upload(facebook, await facebook.page_token(), caption="Une bouée", alt_text_custom="A yellow buoy")
    [post] = await facebook.timeline()

    assert answer.json()["post_id"] == post["id"]
    assert (post["kind"], post["text"]) == ("photo", "Une bouée")
    assert [(one["id"], one["alt"]) for one in post["pictures"]] == [(answer.json()["id"], "A yellow buoy")]
    assert (await facebook.client.get(f"http://sandbox.test{post['pictures'][0]['url']}")).content == PNG


@pytest.mark.parametrize("written", ["numbered", "list"])
async def test_photos_that_were_not_published_are_attached_to_a_post_once(facebook: Facebook, written: str) -> None:
    token = await facebook.page_token()
    ids = []
    for number in range(3):
        answer = await upload(facebook, token, picture(str(number)), published="false", alt_text_custom=f"Nr {number}")
        assert list(answer.json()) == ["id"]
        ids.append(answer.json()["id"])
    assert await facebook.timeline() == []
    media = [{"media_fbid": one} for one in ids]
    attached: dict[str, Any] = {f"attached_media[{at}]": json.dumps(one) for at, one in enumerate(media)}
    if written == "list":
        attached = {"attached_media": json.dumps(media)}
    await facebook.post(f"{PAGE}/feed", token, message="Trois", **attached)
    again = await facebook.post(f"{PAGE}/feed", token, message="Encore", **attached)
    [post] = await facebook.timeline()

    assert (post["kind"], [one["alt"] for one in post["pictures"]]) == ("album", ["Nr 0", "Nr 1", "Nr 2"])
    assert code_of(again) == "100"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, "197"),
        ({"message": "  "}, "197"),
        ({"message": "x" * (LONGEST + 1)}, "100"),
        ({"message": "x", "link": "acme.example"}, "100/1500"),
        ({"message": "x", "picture": "https://acme.example/a.png"}, "100"),
        ({"message": "x", "attached_media": "[1]"}, "100"),
        ({"message": "x", "attached_media": "not json"}, "100"),
        ({"message": "x", "attached_media": '[{"media_fbid": "1"}]'}, "100"),
        ({"message": "x", "scheduled_publish_time": "1"}, "100"),
        ({"message": "x", "scheduled_publish_time": "1", "published": "false"}, "100"),
    ],
)
async def test_a_post_that_is_not_in_order_is_refused_whole(
    facebook: Facebook, values: dict[str, str], error: str
) -> None:
    answer = await facebook.post(f"{PAGE}/feed", await facebook.page_token(), **values)

    assert code_of(answer) == error
    assert await facebook.timeline() == []


@pytest.mark.parametrize("data", [b"", b"<html>", PNG[1:], PNG + bytes(BIGGEST)], ids=["empty", "page", "cut", "big"])
async def test_what_is_no_picture_is_refused(facebook: Facebook, data: bytes) -> None:
    assert code_of(await upload(facebook, await facebook.page_token(), data)) == "324"
    assert await facebook.timeline() == []


@pytest.mark.parametrize("url", ["https://acme.example/a.png", "http://127.0.0.1:1/a.png", "file:///etc/passwd", "x"])
async def test_a_picture_that_cannot_be_fetched_is_refused(facebook: Facebook, url: str) -> None:
    assert code_of(await facebook.post(f"{PAGE}/photos", await facebook.page_token(), url=url)) == "324"


async def test_the_same_words_twice_in_a_row_are_refused_and_later_not(facebook: Facebook) -> None:
    token = await facebook.page_token()
    answers = [await facebook.post(f"{PAGE}/feed", token, message=text) for text in ("a", "a", "b", "a")]
    first, second = [await upload(facebook, token, caption="a") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 200]
    assert (code_of(answers[1]), first.status_code, code_of(second)) == ("506", 200, "506")


async def test_a_post_is_edited_by_the_app_that_published_it_and_by_no_other(facebook: Facebook) -> None:
    token = await facebook.page_token()
    own = (await facebook.post(f"{PAGE}/feed", token, message="a")).json()["id"]
    facebook.clock.advance(60)
    other = await facebook.compose(message="b")
    edited = await facebook.post(own, token, message="c")
    refused = await facebook.post(other, token, message="d")
    node = (await facebook.get(own, token, fields="message,created_time,updated_time")).json()

    assert edited.json() == {"success": True}
    assert code_of(refused) == "100"
    assert node["message"] == "c"
    assert node["created_time"] < node["updated_time"]


async def test_a_deleted_post_is_gone(facebook: Facebook) -> None:
    token = await facebook.page_token()
    post = (await facebook.post(f"{PAGE}/feed", token, message="a")).json()["id"]
    deleted = await facebook.client.delete(f"/v26.0/{post}", params={"access_token": token})
    again = await facebook.client.delete(f"/v26.0/{post}", params={"access_token": token})

    assert deleted.json() == {"success": True}
    assert (code_of(again), code_of(await facebook.get(post, token))) == ("100/33", "100/33")
    assert await facebook.timeline() == []


async def test_what_is_not_published_waits_for_its_time(facebook: Facebook) -> None:
    token = await facebook.page_token()
    due = int((facebook.clock.now() + timedelta(minutes=20)).timestamp())
    await facebook.post(f"{PAGE}/feed", token, message="a", published="false", scheduled_publish_time=str(due))
    await facebook.post(f"{PAGE}/feed", token, message="b", published="false")
    waiting = (await facebook.get(f"{PAGE}/scheduled_posts", token)).json()["data"]
    before = (await facebook.get(f"{PAGE}/published_posts", token)).json()["data"]
    facebook.clock.advance(timedelta(minutes=21))
    after = (await facebook.get(f"{PAGE}/published_posts", token)).json()["data"]

    assert ({one["message"] for one in waiting}, before) == ({"a", "b"}, [])
    assert [one["message"] for one in after] == ["a"]


async def test_people_edit_and_delete_at_facebook_itself(facebook: Facebook) -> None:
    post = await facebook.compose(message="a")
    facebook.clock.advance(1)
    assert (await facebook.steer("PATCH", f"posts/{post}", {"message": "b"})).json()["text"] == "b"
    [shown] = await facebook.timeline()
    assert (shown["text"], shown["edited"]) == ("b", True)
    assert (await facebook.steer("DELETE", f"posts/{post}")).status_code == 204

    assert (await facebook.steer("DELETE", f"posts/{post}")).status_code == 404
    assert await facebook.timeline() == []


async def test_a_post_has_a_page_of_its_own_with_a_card(facebook: Facebook) -> None:
    post = await facebook.compose(message='"Hallo" <Welt>', pictures=[{"name": "a"}])
    address = (await facebook.get(post, await facebook.page_token(), fields="permalink_url")).json()["permalink_url"]
    page = await facebook.client.get(address)

    assert 'og:description" content="&quot;Hallo&quot; &lt;Welt&gt;"' in page.text
    assert "og:image" in page.text


@pytest.mark.parametrize("new", [{"kind": "album"}, {"pictures": [{"data": "no base64"}]}, {"words": "x"}])
async def test_what_people_cannot_publish_is_refused(facebook: Facebook, new: dict[str, Any]) -> None:
    assert (await facebook.steer("POST", "posts", new)).status_code == 422
