"""Pictures are written anew as a network takes them, with nothing in them but the picture."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageCms

from engine.content import pixels
from engine.errors import RejectedError
from engine.model.picture import MediaLimits, Picture
from tests.peers import pictures
from tests.peers.pictures import film, noise, photo, written

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = MediaLimits()
BOMBS = (pictures.png_bomb, pictures.gif_bomb, pictures.webp_bomb, pictures.jpeg_bomb)
RED, BLUE = (254, 0, 0), (0, 0, 254)


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.bytes))
    assert Image.MIME[image.format or ""] == picture.mime
    assert image.size == (picture.width, picture.height)
    return image


def near(seen: object, meant: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(int(one) - other) < 12 for one, other in zip(seen, meant, strict=False))


@pytest.mark.parametrize(
    ("form", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/png"),
        ("WEBP", "image/jpeg"),
        ("AVIF", "image/jpeg"),
    ],
)
def test_every_form_that_is_read_is_written_as_one_that_networks_take(form: str, mime: str) -> None:
    picture = pixels.fitted(photo(form=form), LIMITS)

    assert (picture.mime, picture.width, picture.height) == (mime, 60, 40)
    assert near(opened(picture).convert("RGB").getpixel((5, 20)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    picture = pixels.fitted(photo(form="PNG", mode=mode), LIMITS)

    assert opened(picture).mode in {"L", "LA", "RGB", "RGBA"}


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    picture = pixels.fitted(written(Image.new("I;16", (4, 4), 0x8000), "PNG"), LIMITS)

    assert opened(picture).getpixel((1, 1)) == 128


def test_ink_becomes_light() -> None:
    picture = pixels.fitted(photo(mode="CMYK"), LIMITS)

    assert opened(picture).mode == "RGB"
    assert near(opened(picture).getpixel((5, 20)), RED)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_left_of_where_and_by_what_it_was_taken(form: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = photo(form=form, exif=pictures.exif(), icc_profile=profile, comment=b"Acme Camera", xmp=b"Acme Camera")
    assert b"Acme Camera" in data

    picture = pixels.fitted(data, replace(LIMITS, formats=("image/jpeg", "image/png", "image/webp")))

    assert b"Acme" not in picture.bytes
    assert not opened(picture).getexif()
    assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(opened(picture).info)


def test_a_picture_is_turned_upright_before_what_says_so_is_taken_away() -> None:
    picture = pixels.fitted(photo(60, 40, exif=pictures.exif(orientation=6)), LIMITS)

    assert (picture.width, picture.height) == (40, 60)
    assert near(opened(picture).getpixel((20, 5)), RED)
    assert near(opened(picture).getpixel((20, 55)), BLUE)


def test_colours_of_another_profile_are_brought_into_the_common_one() -> None:
    common = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = common.replace(b"rXYZ", b"****").replace(b"bXYZ", b"rXYZ").replace(b"****", b"bXYZ")

    for form in ("JPEG", "PNG"):
        assert near(opened(pixels.fitted(photo(form=form, icc_profile=common), LIMITS)).getpixel((5, 20)), RED)
        assert near(opened(pixels.fitted(photo(form=form, icc_profile=swapped), LIMITS)).getpixel((5, 20)), BLUE)


def test_a_profile_that_is_none_of_the_picture_is_left_out() -> None:
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), b"no profile at all"):
        assert near(opened(pixels.fitted(photo(icc_profile=profile), LIMITS)).getpixel((5, 20)), RED)


def test_a_large_picture_is_made_as_small_as_the_network_wants_it() -> None:
    picture = pixels.fitted(photo(900, 600), replace(LIMITS, max_side=300))
    fewer = pixels.fitted(photo(900, 600), replace(LIMITS, max_pixels=10_000))

    assert (picture.width, picture.height) == (300, 200)
    assert fewer.width * fewer.height <= 10_000
    assert opened(fewer).size == (fewer.width, fewer.height)


def test_a_heavy_picture_loses_weight_until_it_fits() -> None:
    picture = pixels.fitted(noise(500, 400), replace(LIMITS, max_bytes=20_000))

    assert len(picture.bytes) <= 20_000
    assert picture.mime == "image/jpeg"
    assert opened(picture).size == (picture.width, picture.height)


def test_a_picture_that_cannot_be_made_light_enough_is_refused() -> None:
    with pytest.raises(RejectedError, match=r"above the 0 kB") as refused:
        pixels.fitted(noise(200, 200), replace(LIMITS, max_bytes=100))

    assert refused.value.code == "picture_does_not_fit"


def test_what_one_can_see_through_lies_on_white_where_the_network_takes_no_such_picture() -> None:
    logo = written(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")

    assert opened(pixels.fitted(logo, LIMITS)).mode == "RGBA"
    assert near(opened(pixels.fitted(logo, replace(LIMITS, formats=("image/jpeg",)))).getpixel((3, 3)), (255, 255, 255))


def test_a_film_moves_where_the_network_takes_films_and_is_its_first_picture_elsewhere() -> None:
    moving = pixels.fitted(film(comment=b"Acme") + b"%PDF", LIMITS)
    assert (moving.mime, getattr(opened(moving), "n_frames", 1)) == ("image/gif", 3)
    assert b"Acme" not in moving.bytes

    for other in ({"animated": False}, {"max_side": 10}, {"formats": ("image/png",)}):
        still = pixels.fitted(film(), replace(LIMITS, **other))
        assert (still.mime, getattr(opened(still), "n_frames", 1)) == ("image/png", 1)


def test_a_film_of_too_many_pictures_is_its_first() -> None:
    assert pixels.fitted(film(300, (4, 4)), LIMITS).mime == "image/png"


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_is_unpacked(bomb: Callable[[int, int], bytes]) -> None:
    data = bomb(60_000, 60_000)
    assert len(data) < 1_000

    with pytest.raises(RejectedError, match=r"60000 by 60000 pixels") as refused:
        pixels.fitted(data, LIMITS)
    assert refused.value.code == "picture_too_large"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_that_is_not_all_there_is_refused(form: str, share: float) -> None:
    data = noise(120, 80, form)

    with pytest.raises(RejectedError) as refused:
        pixels.fitted(data[: int(len(data) * share)], LIMITS)
    assert refused.value.code == "damaged_picture"


def test_a_picture_that_is_another_document_too_is_only_the_picture_afterwards() -> None:
    for form in ("JPEG", "PNG", "GIF", "WEBP"):
        picture = pixels.fitted(photo(form=form) + b"PK\x03\x04<script>alert(1)</script>", LIMITS)
        assert b"script" not in picture.bytes
        assert b"PK\x03\x04" not in picture.bytes


def test_what_a_file_says_of_itself_counts_and_not_what_is_said_of_it() -> None:
    with pytest.raises(RejectedError, match="web page"):
        pixels.fitted(b"<html>" + photo(), LIMITS)
