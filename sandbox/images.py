"""What the first bytes of a file say it is: the kind of picture, and its size in pixels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
"""The markers of JPEG that hold the size (ITU T.81, table B.1)."""


_MARKER: Final = 0xFF
_HEAD: Final = 32


@dataclass(frozen=True, slots=True)
class Image:
    """The MIME type that the bytes themselves show, with width and height."""

    media: str
    width: int
    height: int


def sniff(data: bytes) -> Image | None:
    """Return what a picture is; None for anything else, whatever it calls itself."""
    head = data[:_HEAD].ljust(_HEAD, b"\0")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Image("image/png", *struct.unpack(">II", head[16:24]))
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return Image("image/gif", *struct.unpack("<HH", head[6:10]))
    if head.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _jpeg(data: bytes) -> Image | None:
    at = 2
    while at + 9 <= len(data) and data[at] == _MARKER:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Image("image/jpeg", width, height)
        at += 2 + length
    return None


def _webp(head: bytes) -> Image | None:
    match head[12:16]:
        case b"VP8X":
            return Image("image/webp", 1 + _little(head[24:27]), 1 + _little(head[27:30]))
        case b"VP8 ":
            return Image("image/webp", _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF)
        case b"VP8L":
            bits = _little(head[21:25])
            return Image("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        case _:
            return None


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
