"""What is a picture, how large it may be, and in which ways it is written until it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content.media import (
    MAX_PIXELS,
    SHORTEST_SIDE,
    Shape,
    admit,
    bare_film,
    described,
    size_within,
    sniffed,
    steps,
    webp_size,
)
from engine.errors import RejectedError
from engine.model.picture import COMMON, MediaLimits
from tests.peers.pictures import film, photo, webp_bomb

if TYPE_CHECKING:
    from engine.model.picture import Format

sides = st.integers(1, 70_000)
limits = st.builds(
    MediaLimits,
    formats=st.lists(st.sampled_from((*COMMON, "image/webp")), min_size=1, unique=True).map(tuple),
    max_bytes=st.integers(1, 10_000_000),
    max_pixels=st.integers(1, 40_000_000),
    max_side=st.one_of(st.none(), st.integers(1, 10_000)),
)
shapes = st.builds(
    Shape,
    sides,
    sides,
    st.integers(1, 30_000_000),
    st.sampled_from((*COMMON, "image/webp", "image/avif")),
    st.booleans(),
)


def ways(mime: str, *formats: Format, clear: bool = False, size_bytes: int = 1) -> list[tuple[str, int]]:
    """Return how such a picture is written before it is made smaller."""
    shape = Shape(100, 100, size_bytes, mime, clear)
    every = [(step.mime, step.quality, step.width) for step in steps(shape, MediaLimits(formats=formats or COMMON))]
    return [(mime, quality) for mime, quality, width in every if width == 100]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_picture_is_known_by_its_first_bytes(form: str) -> None:
    assert sniffed(photo(form=form)) == f"image/{form.lower()}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\0\0\x18ftypheic", "HEIC.*JPEG"),
        (b"\0\0\0\x20ftypisom", "film"),
        (b'{"error": "gone"}', "JSON"),
        (b"RIFF\0\0\0\0WAVE", "no picture"),
        (b"1234\0\0\0\0WEBP", "no picture"),
        (b"", "empty"),
    ],
)
def test_what_is_no_picture_is_refused_by_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(RejectedError, match=said) as refused:
        sniffed(data)

    assert refused.value.code == "not_a_picture"


def test_a_picture_that_would_unpack_to_too_much_is_refused() -> None:
    admit(1, MAX_PIXELS)
    with pytest.raises(RejectedError, match=r"50001 by 50001 pixels: at most 51 million"):
        admit(50_001, 50_001)
    with pytest.raises(RejectedError, match="no pixels"):
        admit(0, 5)


@pytest.mark.parametrize("settings", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}])
def test_the_size_of_a_webp_file_is_read_from_its_header(settings: dict[str, Any]) -> None:
    assert webp_size(photo(300, 200, "WEBP", **settings)) == (300, 200)
    assert webp_size(webp_bomb(16_777_216, 9)) == (16_777_216, 9)
    assert webp_size(b"RIFF") == (0, 0)


@given(sides, sides, limits)
def test_a_picture_is_never_larger_than_the_network_takes_nor_than_it_is(
    width: int, height: int, limits: MediaLimits
) -> None:
    fitted = size_within(width, height, limits)

    assert 1 <= fitted[0] <= width
    assert 1 <= fitted[1] <= height
    assert max(fitted) <= (limits.max_side or 70_000)
    assert min(fitted) == 1 or fitted[0] * fitted[1] <= limits.max_pixels


@given(shapes, limits)
def test_every_way_of_writing_a_picture_is_one_that_the_network_takes_and_they_come_to_an_end(
    shape: Shape, limits: MediaLimits
) -> None:
    tried = list(steps(shape, limits))

    assert tried
    assert {step.mime for step in tried} <= set(limits.formats)
    assert tried == sorted(tried, key=lambda step: -step.width)
    assert max(tried[-1].width, tried[-1].height) * 0.75 < SHORTEST_SIDE + 1


def test_a_photograph_stays_or_becomes_a_jpeg_and_loses_quality_before_size() -> None:
    jpegs = [("image/jpeg", 90), ("image/jpeg", 80), ("image/jpeg", 70)]

    assert ways("image/jpeg") == ways("image/webp") == ways("image/avif") == jpegs
    assert ways("image/png") == [("image/png", 0), *jpegs]
    assert ways("image/png", size_bytes=9_000_000) == jpegs
    assert ways("image/jpeg", "image/png") == [("image/png", 0)]


def test_what_one_can_see_through_stays_so_where_the_network_takes_it() -> None:
    assert ways("image/png", clear=True) == ways("image/webp", clear=True) == [("image/png", 0)]
    assert ways("image/png", "image/webp", clear=True)[0] == ("image/webp", 90)
    assert ways("image/png", "image/jpeg", clear=True)[0] == ("image/jpeg", 90)


def test_a_description_is_cut_at_a_words_end() -> None:
    assert described(" Karim at his desk ", 12) == "Karim at…"
    assert described("Karim at his desk", None) == "Karim at his desk"
    assert described("Karim", 0) == ""
    assert len(described("x" * 5_000, 1_000)) <= 1_000


def test_a_film_loses_its_comments_and_what_follows_it() -> None:
    bare, frames = bare_film(film(comment=b"Filmed at 48.8583, 2.2945") + b"<script>alert(1)</script>")

    assert frames == 3
    assert b"48.8583" not in bare
    assert b"NETSCAPE2.0" in bare
    assert bare.endswith(b";")


@pytest.mark.parametrize("cut", [5, 12, 20, 60, -1])
def test_a_film_that_is_not_all_there_is_refused(cut: int) -> None:
    with pytest.raises(RejectedError, match="not all there"):
        bare_film(film()[:cut])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_film_or_refused(tail: bytes) -> None:
    try:
        bare, _ = bare_film(film(1)[:13] + tail)
    except RejectedError:
        return
    assert bare.endswith(b";")
