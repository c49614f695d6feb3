"""Files are told by their bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.pictures import HEIGHT, WIDTH, picture
from sandbox.sniffing import Sniffed, sniff

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 300, 400) + bytes(12)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (picture("acme/energie"), Sniffed("image/png", WIDTH, HEIGHT)),
        (b"GIF89a" + struct.pack("<HH", 7, 9) + b"rest", Sniffed("image/gif", 7, 9)),
        (JPEG, Sniffed("image/jpeg", 400, 300)),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Sniffed("image/webp")),
        (b"\x00\x00\x00\x18ftypmp42", Sniffed("video/mp4")),
        (b"\x00\x00\x00\x14ftypqt  ", Sniffed("video/quicktime")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<!doctype html><h1>Not found</h1>", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, expected: Sniffed | None) -> None:
    assert sniff(data) == expected


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 60_000, 60_000)

    assert (sniff(bomb) or Sniffed("")).pixels == 3_600_000_000


@given(
    st.sampled_from([JPEG, b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"]),
    st.binary(max_size=40),
    st.integers(0, 40),
)
def test_whatever_is_cut_short_does_no_harm(head: bytes, tail: bytes, cut: int) -> None:
    sniff((head + tail)[: len(head) + len(tail) - cut])
