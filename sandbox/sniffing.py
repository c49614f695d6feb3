"""What a file is by its bytes, whatever anybody calls it: its MIME type, and the width and height of a picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MARKERS_OF_SIZE: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_MARKERS_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_HEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A file's MIME type; width and height are pixels, 0 where they do not matter or cannot be read."""

    media: str
    width: int = 0
    height: int = 0

    @property
    def pixels(self) -> int:
        """Return how many pixels there are to decode."""
        return self.width * self.height


def sniff(data: bytes) -> Sniffed | None:
    """Return what a file is; None for what no network takes."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:  # noqa: PLR2004  # where the size ends
        return Sniffed("image/png", *struct.unpack(">II", data[16:24]))
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:  # noqa: PLR2004  # where the size ends
        return Sniffed("image/gif", *struct.unpack("<HH", data[6:10]))
    if data.startswith(b"\xff\xd8\xff"):
        return Sniffed("image/jpeg", *_size_of_jpeg(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Sniffed("image/webp")
    if data[4:8] == b"ftyp":
        return Sniffed("video/quicktime" if data[8:12] == b"qt  " else "video/mp4")
    return None


def _size_of_jpeg(data: bytes) -> tuple[int, int]:
    """Return the size that the first frame header of a JPEG names."""
    at = 2
    while at + _HEAD <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
            return 0, 0
        marker = data[at + 1]
        if marker in _MARKERS_OF_SIZE and at + 9 <= len(data):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 if marker in _MARKERS_ALONE else 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0, 0
