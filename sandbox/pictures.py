"""Pictures for posts, drawn here: hills under a sky, whose shapes and colours follow from a name, as PNG."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from functools import lru_cache
from typing import Final

WIDTH, HEIGHT = 800, 420
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PALETTE_8_BIT: Final = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
_BANDS: Final = 200
_SUN, _FAR, _NEAR = _BANDS, _BANDS + 1, _BANDS + 2

Colour = tuple[int, int, int]
_SKIES: Final[tuple[tuple[Colour, Colour, Colour, Colour], ...]] = (
    ((58, 110, 165), (250, 214, 165), (96, 125, 120), (38, 70, 83)),
    ((255, 183, 130), (255, 236, 210), (176, 120, 110), (94, 66, 82)),
    ((120, 170, 205), (226, 240, 245), (120, 160, 120), (52, 96, 74)),
    ((44, 62, 100), (196, 140, 170), (84, 74, 120), (40, 40, 74)),
)
"""Sky above, sky at the horizon, far hills, near hills."""


@lru_cache(maxsize=64)
def picture(name: str) -> bytes:
    """Return the PNG of a name."""
    seed = hashlib.sha256(name.encode()).digest()
    high, low, far, near = _SKIES[seed[0] % len(_SKIES)]
    palette = [_between(high, low, band / _BANDS) for band in range(_BANDS)] + [(255, 248, 225), far, near]
    rows = b"".join(b"\x00" + row for row in _rows(seed))
    chunks = ((b"IHDR", _PALETTE_8_BIT), (b"PLTE", b"".join(map(bytes, palette))), (b"IDAT", zlib.compress(rows)))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in (*chunks, (b"IEND", b"")))


def _rows(seed: bytes) -> list[bytes]:
    far, near = _hills(seed[1], seed[2], 0.62), _hills(seed[3], seed[4], 0.76)
    sun_x, sun_y, radius = WIDTH * (0.2 + seed[5] / 430), HEIGHT * 0.4, 46
    rows = []
    for y in range(HEIGHT):
        band = min(_BANDS - 1, y * _BANDS * 4 // (HEIGHT * 3))
        half = math.sqrt(max(0.0, radius**2 - (y - sun_y) ** 2))
        sky = bytearray([band]) * WIDTH
        left, right = int(sun_x - half), int(sun_x + half)
        sky[left:right] = bytes([_SUN]) * (right - left)
        if y > HEIGHT * 0.4:
            sky = bytearray(
                _NEAR if y > by_near else _FAR if y > by_far else seen
                for seen, by_far, by_near in zip(sky, far, near, strict=True)
            )
        rows.append(bytes(sky))
    return rows


def _hills(slow: int, quick: int, height: float) -> list[float]:
    """Return the height of a line of hills at each column."""
    return [
        HEIGHT * (height + 0.07 * math.sin(x / (90 + slow / 4) + slow) + 0.02 * math.sin(x / (25 + quick / 8) + quick))
        for x in range(WIDTH)
    ]


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
