"""Media are uploaded in segments, processed for a while, described, and good for a day."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.pictures import picture

if TYPE_CHECKING:
    from tests.sandbox.x.conftest import User

GIF = b"GIF89a\x10\x00\x10\x00\r\n\n\r" + bytes(range(256))
VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 4


async def test_a_photo_is_ready_at_once_and_stands_in_a_post_with_its_words(lea: User) -> None:
    data = picture("acme/energie")
    ended, number = await lea.upload(data)
    said = {"id": number, "metadata": {"alt_text": {"text": "Des éoliennes"}}}
    described = await lea.send("POST", "/2/media/metadata", json=said)
    posted = await lea.post("Voilà", media={"media_ids": [number]})
    [shown] = (await lea.sandbox.client.get("/networks/x/accounts/lea")).json()["posts"][0]["pictures"]

    assert ended.json()["data"]["image"] == {"image_type": "image/png", "w": 800, "h": 420}
    assert described.json()["data"]["associated_metadata"] == {"alt_text": {"text": "Des éoliennes"}}
    assert posted.status_code == 201
    assert shown["alt"] == "Des éoliennes"
    assert (await lea.sandbox.client.get(shown["url"])).content == data


async def test_a_photo_without_words_is_a_post(lea: User) -> None:
    _, number = await lea.upload(picture("a"))
    answer = await lea.post("", media={"media_ids": [number]})

    assert answer.json()["data"]["text"].startswith("https://t.co/")


@pytest.mark.parametrize(
    ("data", "kind", "category"), [(GIF, "image/gif", "tweet_gif"), (VIDEO, "video/mp4", "tweet_video")]
)
async def test_what_moves_is_processed_first(lea: User, data: bytes, kind: str, category: str) -> None:
    ended, number = await lea.upload(data, kind, category)
    states = [ended.json()["data"]["processing_info"]["state"]]
    early = await lea.post("Tôt", media={"media_ids": [number]})
    for _ in range(2):
        lea.sandbox.clock.advance(1)
        said = await lea.get("/2/media/upload", command="STATUS", media_id=number)
        states.append(said["data"]["processing_info"]["state"])

    assert states == ["pending", "in_progress", "succeeded"]
    assert early.status_code == 400
    assert (await lea.post("À temps", media={"media_ids": [number]})).status_code == 201


async def test_a_photo_can_be_made_to_take_its_time_or_to_fail(lea: User) -> None:
    await lea.sandbox.client.put("/networks/x/processing", json={"takes": 2})
    ended, number = await lea.upload(picture("a"))
    early = await lea.post("Tôt", media={"media_ids": [number]})
    said = [(await lea.get("/2/media/upload", command="STATUS", media_id=number))["data"] for _ in range(2)]

    assert ended.json()["data"]["processing_info"]["state"] == "pending"
    assert [one.get("processing_info", {}).get("state") for one in said] == ["pending", None]
    assert early.status_code == 400
    assert (await lea.post("À temps", media={"media_ids": [number]})).status_code == 201

    await lea.sandbox.client.put("/networks/x/processing", json={"fits": False})
    ended, number = await lea.upload(picture("b"))
    assert ended.json()["data"]["processing_info"]["state"] == "failed"
    assert (await lea.post("x", media={"media_ids": [number]})).status_code == 400


async def test_a_video_that_is_none_fails_while_it_is_processed(lea: User) -> None:
    ended, number = await lea.upload(b"<html>no video</html>", "video/mp4", "tweet_video")
    lea.sandbox.clock.advance(2)
    said = await lea.get("/2/media/upload", command="STATUS", media_id=number)

    assert ended.status_code == 200
    assert said["data"]["processing_info"]["state"] == "failed"
    assert (await lea.post("x", media={"media_ids": [number]})).status_code == 400


async def test_a_photo_that_is_not_what_it_is_called_is_refused(lea: User) -> None:
    ended, _ = await lea.upload(picture("a"), "image/jpeg")

    assert (ended.status_code, "not what media_type says" in ended.text) == (400, True)


@pytest.mark.parametrize(
    "change",
    [
        {"media_type": "image/svg+xml"},
        {"media_category": "tweet_image", "media_type": "video/mp4"},
        {"media_category": "tweet_gif", "media_type": "image/png"},
        {"media_category": "dm_image"},
        {"total_bytes": 5_000_001},
        {"media_category": "tweet_gif", "media_type": "image/gif", "total_bytes": 15_000_001},
        {"total_bytes": 0},
        {"surprise": 1},
    ],
)
async def test_an_upload_that_cannot_end_well_does_not_begin(lea: User, change: dict[str, Any]) -> None:
    asked = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": 10, **change}

    assert (await lea.send("POST", "/2/media/upload/initialize", json=asked)).status_code == 400


async def test_segments_must_add_up_and_may_come_as_json(lea: User) -> None:
    data = picture("a")
    asked = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(data)}
    number = (await lea.send("POST", "/2/media/upload/initialize", json=asked)).json()["data"]["id"]
    path = f"/2/media/upload/{number}"

    async def append(index: int, part: bytes) -> int:
        body = {"segment_index": index, "media": base64.b64encode(part).decode()}
        return (await lea.send("POST", f"{path}/append", json=body)).status_code

    assert await append(1, data[100:]) == 200
    assert (await lea.send("POST", f"{path}/finalize")).status_code == 400
    assert await append(1_000, b"x") == 400
    assert (await lea.send("POST", f"{path}/append", json={"segment_index": 0, "media": "%"})).status_code == 400
    assert await append(0, data[:100]) == 200
    assert (await lea.send("POST", f"{path}/finalize")).status_code == 200
    assert (await lea.send("POST", f"{path}/finalize")).status_code == 404


async def test_up_to_four_photos_or_one_thing_that_moves(lea: User) -> None:
    photos = [(await lea.upload(picture(str(number))))[1] for number in range(4)]
    _, gif = await lea.upload(GIF, "image/gif", "tweet_gif")
    lea.sandbox.clock.advance(2)

    assert (await lea.post("Un de trop", media={"media_ids": [photos[0], gif]})).status_code == 400
    assert (await lea.post("Le même", media={"media_ids": [photos[0], photos[0]]})).status_code == 400
    assert (await lea.post("Quatre", media={"media_ids": photos})).status_code == 201
    assert len(lea.timeline[0].pictures) == 4


async def test_media_belong_to_who_uploaded_them_for_a_day(lea: User, karim: User) -> None:
    _, number = await lea.upload(picture("a"))
    described = {"id": number, "metadata": {"alt_text": {"text": "x"}}}

    assert (await karim.post("x", media={"media_ids": [number]})).status_code == 400
    assert (await karim.send("POST", "/2/media/metadata", json=described)).status_code == 404
    query = {"command": "STATUS", "media_id": number}
    assert (await karim.send("GET", "/2/media/upload", params=query)).status_code == 404
    lea.sandbox.clock.advance(timedelta(hours=24).total_seconds())
    assert (await lea.post("x", media={"media_ids": [number]})).status_code == 400


async def test_an_alternative_text_has_a_thousand_characters_at_most(lea: User) -> None:
    _, number = await lea.upload(picture("a"))
    answers = [
        await lea.send("POST", "/2/media/metadata", json={"id": number, "metadata": {"alt_text": {"text": "é" * size}}})
        for size in (1_000, 1_001)
    ]

    assert [answer.status_code for answer in answers] == [200, 400]


async def test_only_status_is_a_command(lea: User) -> None:
    answer = await lea.send("GET", "/2/media/upload", params={"command": "INIT", "media_id": "1"})

    assert answer.status_code == 400
