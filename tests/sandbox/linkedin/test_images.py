"""Images are uploaded as LinkedIn wants it, and only what it takes."""

from __future__ import annotations

import struct
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.linkedin.images import PIXELS
from sandbox.pictures import picture

if TYPE_CHECKING:
    from tests.sandbox.linkedin.conftest import Member

HUGE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", PIXELS // 10, 10) + bytes(8)


async def test_images_stand_in_a_post_with_their_words(lea: Member) -> None:
    urns = [(await lea.upload(picture(name)))[1] for name in ("a", "b")]
    images = [{"id": urn, "altText": f"Image {number}"} for number, urn in enumerate(urns)]
    several = await lea.post("Deux", content={"multiImage": {"images": images}})
    one = await lea.post("Une", content={"media": images[0]})
    newest, older = (await lea.sandbox.client.get("/networks/linkedin/accounts/lea")).json()["posts"]

    assert several.headers["x-restli-id"].startswith("urn:li:ugcPost:")
    assert one.headers["x-restli-id"].startswith("urn:li:share:")
    assert [shown["alt"] for shown in older["pictures"]] == ["Image 0", "Image 1"]
    assert (await lea.sandbox.client.get(newest["pictures"][0]["url"])).content == picture("a")


@pytest.mark.parametrize("data", [b"<svg/>", b"RIFF\0\0\0\0WEBPVP8 " + bytes(20), HUGE, b""])
async def test_what_is_no_image_or_too_large_is_refused(lea: Member, data: bytes) -> None:
    answer, urn = await lea.upload(data)

    assert answer.status_code == 400
    assert (await lea.post("x", content={"media": {"id": urn}})).status_code == 400


async def test_an_image_belongs_to_who_uploaded_it(lea: Member, karim: Member) -> None:
    _, urn = await lea.upload(picture("a"))
    answer = await karim.post("x", content={"media": {"id": urn}})

    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "INVALID_IMAGE_ID"


async def test_nobody_uploads_for_somebody_else_nor_without_a_token(lea: Member, karim: Member) -> None:
    client, address = lea.sandbox.client, "/linkedin/rest/images?action=initializeUpload"
    asked = {"initializeUploadRequest": {"owner": lea.urn}}
    place = (await client.post(address, json=asked, headers=lea.headers)).json()["value"]["uploadUrl"]
    bearer = {"authorization": karim.headers["authorization"]}

    assert (await client.post(address, json=asked, headers=karim.headers)).status_code == 403
    assert (await client.post("/linkedin/rest/images", json=asked, headers=lea.headers)).status_code == 400
    assert (await client.put(place, content=picture("a"))).status_code == 401
    assert (await client.put(place, content=picture("a"), headers=bearer)).status_code == 403


async def test_an_address_to_upload_to_lasts_a_day(lea: Member) -> None:
    asked = {"initializeUploadRequest": {"owner": lea.urn}}
    address = "/linkedin/rest/images?action=initializeUpload"
    value = (await lea.sandbox.client.post(address, json=asked, headers=lea.headers)).json()["value"]
    lea.sandbox.clock.advance(timedelta(hours=24).total_seconds())
    late = await lea.sandbox.client.put(value["uploadUrl"], content=picture("a"), headers=lea.headers)

    assert value["uploadUrlExpiresAt"] == int(lea.sandbox.clock.now().timestamp() * 1000)
    assert late.status_code == 404


async def test_how_an_image_is_doing_is_not_told_to_members(lea: Member) -> None:
    _, urn = await lea.upload(picture("a"))
    answer = await lea.sandbox.client.get(f"/linkedin/rest/images/{urn}", headers=lea.headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")
