"""Pictures as strangers send them: honest ones, damaged ones, and bombs. Made with Pillow, or by hand."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

GPS = 0x8825
ORIENTATION = 0x0112
CAMERA = 0x010F


def written(image: Image.Image, form: str, **settings: Any) -> bytes:
    """Return the file of a picture."""
    out = BytesIO()
    image.save(out, form, **settings)
    return out.getvalue()


def photo(width: int = 60, height: int = 40, form: str = "JPEG", *, mode: str = "RGB", **settings: Any) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return written(image.convert(mode), form, **settings)


def noise(width: int, height: int, form: str = "PNG", **settings: Any) -> bytes:
    """Return a picture that cannot be packed well."""
    return written(Image.effect_noise((width, height), 90).convert("RGB"), form, **settings)


def exif(*, orientation: int = 1) -> Image.Exif:
    """Return what a telephone writes beside a picture: where, by what, and how to turn it."""
    data = Image.Exif()
    data[CAMERA] = "Acme Camera"
    data[ORIENTATION] = orientation
    data[GPS] = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
    return data


def film(frames: int = 3, size: tuple[int, int] = (20, 10), **settings: Any) -> bytes:
    """Return a GIF that moves."""
    shown = [Image.new("RGB", size, (40 * number % 256, 90, 200)) for number in range(frames)]
    return written(shown[0], "GIF", save_all=True, append_images=shown[1:], duration=100, loop=0, **settings)


def png_bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is enormous."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 64)) + _chunk(b"IEND")


def gif_bomb(width: int, height: int) -> bytes:
    """Return a GIF whose screen is enormous."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + photo(4, 4, "GIF")[13:]


def webp_bomb(width: int, height: int) -> bytes:
    """Return a WebP file whose canvas is enormous."""
    head = struct.pack("<I", 0x10) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + head
    return b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas


def jpeg_bomb(width: int, height: int) -> bytes:
    """Return a JPEG that says it is enormous."""
    honest = photo(8, 8)
    at = honest.index(b"\xff\xc0") + 5
    return honest[:at] + struct.pack(">HH", height, width) + honest[at + 4 :]


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
