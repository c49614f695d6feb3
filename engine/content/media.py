"""Which bytes are a picture, and how one is fitted into what a network takes: decisions alone, no pixel is touched.

Names, extensions and headers are not asked: the first bytes say what a file is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import RejectedError
from engine.model.text import fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model.picture import Format, MediaLimits

MAX_BYTES: Final = 30_000_000
"""A larger file is not read to its end."""

MAX_PIXELS: Final = 51_000_000
"""What a picture may unpack to: most telephones take up to 50.3 million. Looked at before anything is unpacked."""

MAX_FRAMES: Final = 250
"""A film with more pictures is shown by its first."""

SHORTEST_SIDE: Final = 64
"""A picture whose longer side would have to be below this, to be small enough, is not one any more."""

_SHRINK: Final = 0.75
_QUALITIES: Final = (90, 80, 70)
_LOSSY: Final = frozenset({"image/jpeg", "image/webp"})

_SIGNS: Final = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
)
_STRANGERS: Final = (
    (4, b"ftyphei", "a HEIC picture, which cannot be read: export it as JPEG"),
    (4, b"ftypmif1", "a HEIC picture, which cannot be read: export it as JPEG"),
    (4, b"ftyp", "a film, not a picture"),
    (0, b"%PDF", "a PDF document, not a picture"),
    (0, b"BM", "a BMP picture, which no network takes: export it as PNG"),
    (0, b"II*\0", "a TIFF picture, which no network takes: export it as JPEG"),
    (0, b"MM\0*", "a TIFF picture, which no network takes: export it as JPEG"),
    (0, b"{", "JSON, not a picture"),
)
_BEGINNING: Final = 1_000


def sniffed(data: bytes) -> str:
    """Return what kind of picture the bytes are; raise RejectedError when they are none that can be read."""
    for offset, sign, mime in _SIGNS:
        if data.startswith(sign, offset) and (mime != "image/webp" or data.startswith(b"RIFF")):
            return mime
    for offset, sign, what in _STRANGERS:
        if data.startswith(sign, offset):
            raise RejectedError(f"Its bytes are {what}.", code="not_a_picture")
    beginning = data[:_BEGINNING].lower()
    if b"<svg" in beginning:
        message = "Its bytes are an SVG drawing, which no network takes: export it as PNG."
    elif b"<html" in beginning or b"<!doctype" in beginning:
        message = "Its bytes are a web page, not a picture."
    else:
        message = "Its bytes are no picture that is known here." if data else "It is empty."
    raise RejectedError(message, code="not_a_picture")


def admit(width: int, height: int) -> None:
    """Raise RejectedError for a picture that would unpack to too much, or to nothing."""
    if width < 1 or height < 1:
        raise RejectedError("It says of itself that it has no pixels.", code="damaged_picture")
    if width * height > MAX_PIXELS:
        message = (
            f"It says of itself that it is {width} by {height} pixels: at most {MAX_PIXELS // 1_000_000} million are "
            "unpacked."
        )
        raise RejectedError(message, code="picture_too_large")


def webp_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in a WebP file's header (RFC 9649), since its decoder begins by taking the memory.

    A header that names none gives 0 by 0.
    """
    kind, head = data[12:16], data[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


@dataclass(frozen=True, slots=True)
class Shape:
    """What a picture is like: its size in pixels and bytes, how it was written, whether one can see through it."""

    width: int
    height: int
    size_bytes: int
    mime: str
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One way of writing it: as what, how well (0 where that is no question), and how large."""

    mime: Format
    quality: int
    width: int
    height: int


def steps(shape: Shape, limits: MediaLimits) -> Iterator[Step]:
    """Give the ways of writing a picture, the best first: each is tried until one has few enough bytes.

    It keeps its own form where the network takes that; a photograph becomes a JPEG. It loses quality first, then
    size, and what one can see through only where the network takes nothing of the kind.
    """
    width, height = size_within(shape.width, shape.height, limits)
    ways = _ways(shape, limits.formats, limits.max_bytes)
    while True:
        for mime, quality in ways:
            yield Step(mime, quality, width, height)
        width, height = max(1, int(width * _SHRINK)), max(1, int(height * _SHRINK))
        if max(width, height) < SHORTEST_SIDE:
            return


def size_within(width: int, height: int, limits: MediaLimits) -> tuple[int, int]:
    """Return the largest size of the same proportions that the network takes, never larger than the picture is."""
    most_side = limits.max_side or width + height
    scale = min(1.0, (limits.max_pixels / (width * height)) ** 0.5, most_side / max(width, height))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _ways(shape: Shape, formats: Sequence[Format], max_bytes: int) -> list[tuple[Format, int]]:
    order: tuple[Format, ...] = ("image/jpeg", "image/webp", "image/png", "image/gif")
    if shape.clear and {"image/png", "image/webp"} & set(formats):
        order = ("image/png", "image/webp")
    elif shape.mime in {"image/png", "image/gif"} and shape.size_bytes <= max_bytes:
        order = ("image/png", "image/jpeg", "image/webp", "image/gif")
    ways: list[tuple[Format, int]] = []
    for mime in order:
        if mime in formats and mime in _LOSSY:
            return ways + [(mime, quality) for quality in _QUALITIES]
        if mime in formats:
            ways.append((mime, 0))
    return ways


def described(alt: str, most: int | None) -> str:
    """Return a picture's description within what the network takes, cut at a word's end."""
    alt = alt.strip()
    return alt if most is None else fit(alt, most) if most else ""


def bare_film(data: bytes) -> tuple[bytes, int]:
    """Return a GIF without its comments, its foreign data and what follows its end, and how many pictures it has.

    Raise RejectedError where its blocks do not follow each other as GIF89a says (w3.org/Graphics/GIF/spec-gif89a.txt,
    read 2026-11-22). The pictures themselves are left as they are.
    """
    at = 13 + _table(data, 10)
    kept, frames = [data[:at]], 0
    while data[at : at + 1] != b";":
        begun, kind = at, data[at : at + 2]
        if kind[:1] == b",":
            frames += 1
            at = _behind_blocks(data, at + 11 + _table(data, at + 9))
        elif kind[:1] == b"!":
            at = _behind_blocks(data, at + 2)
        else:
            raise _damaged()
        if kind[:1] == b"," or kind == b"!\xf9" or data[begun + 3 : begun + 14] in {b"NETSCAPE2.0", b"ANIMEXTS1.0"}:
            kept.append(data[begun:at])
    return b"".join((*kept, b";")), frames


def _table(data: bytes, at: int) -> int:
    """Return how many bytes of colours the flags there announce."""
    if at >= len(data):
        raise _damaged()
    return 3 << (data[at] & 7) + 1 if data[at] & 0x80 else 0


def _behind_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    if at >= len(data):
        raise _damaged()
    return at + 1


def _damaged() -> RejectedError:
    return RejectedError("Its bytes are damaged, or not all there.", code="damaged_picture")
