"""Pictures are unpacked and written anew here, in the worker process alone: nothing else may import this module.

A decoder that a picture breaks, fills or keeps busy ends the worker. What is written holds the picture and nothing
else: no place, camera, author or comment, no thumbnail, nothing behind its end.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import AvifImagePlugin, Image, ImageCms, ImageOps

from engine.content.media import (
    MAX_FRAMES,
    MAX_PIXELS,
    Shape,
    admit,
    bare_film,
    size_within,
    sniffed,
    steps,
    webp_size,
)
from engine.errors import RejectedError
from engine.model.picture import Picture

if TYPE_CHECKING:
    from engine.content.media import Step
    from engine.model.picture import MediaLimits

# Our own cap is looked at before anything is unpacked; one thread, since each takes address space of its own.
Image.MAX_IMAGE_PIXELS = None
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

_SRGB: Final = ImageCms.createProfile("sRGB")
_DAMAGED: Final = (OSError, SyntaxError, ValueError, LookupError, TypeError, EOFError, struct.error, ArithmeticError)
"""What Pillow raises on bytes that are not what they say."""


def fitted(data: bytes, limits: MediaLimits) -> Picture:
    """Return the picture as the network takes it, without a description.

    Raise RejectedError with the code `not_a_picture`, `damaged_picture`, `picture_too_large` or
    `picture_does_not_fit`, in a sentence that goes on after the picture's name.
    """
    mime = sniffed(data)
    if mime == "image/webp":
        admit(*webp_size(data))
    try:
        with Image.open(BytesIO(data), formats=[mime.removeprefix("image/").upper()]) as image:
            admit(*image.size)
            film = _film(data, image.size, limits) if mime == "image/gif" else None
            image.draft(None, size_within(*image.size, limits))
            image.load()
            if film is not None:
                return film
            clean = _clean(image, limits)
    except _DAMAGED as error:
        message = f"Its bytes are damaged, or not all there ({str(error)[:100]})."
        raise RejectedError(message, code="damaged_picture") from error
    return _written(clean, len(data), mime, limits)


def _film(data: bytes, size: tuple[int, int], limits: MediaLimits) -> Picture | None:
    """Return a GIF that moves as it is, where the network takes it so; None where its first picture must do."""
    bare, frames = bare_film(data)
    width, height = size
    fits = len(bare) <= limits.max_bytes and size_within(width, height, limits) == size
    moves = limits.animated and "image/gif" in limits.formats and 1 < frames <= MAX_FRAMES
    if not (fits and moves and frames * width * height <= 5 * MAX_PIXELS):
        return None
    return Picture(bare, "image/gif", width, height)


def _clean(image: Image.Image, limits: MediaLimits) -> Image.Image:
    """Return the picture alone: no larger than needed, upright, in the colours that every screen has."""
    plain = _eight_bits(image)
    plain = plain.resize(size_within(*plain.size, limits), Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = _standard_colours(plain)
    with suppress(*_DAMAGED):  # what says how to turn it is damaged: it stays as it is
        plain = ImageOps.exif_transpose(plain)
    if plain.mode in {"LA", "RGBA"} and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert(plain.mode[:-1])
    plain.info = {}
    return plain


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return it as grey, RGB or CMYK of eight bits, with or without a channel for what one can see through."""
    if image.mode.startswith("I"):  # sixteen bits of grey
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in image.info or image.mode in {"PA", "RGBa"}:
        return image.convert("RGBA")
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "LA" if image.mode == "La" else "RGB")


def _standard_colours(image: Image.Image) -> Image.Image:
    """Return it in sRGB: its own profile goes with the rest, and would leave its colours pale."""
    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.mode in {"RGBA", "LA"} else "RGB"
    if profile and image.mode != "LA":
        with suppress(ImageCms.PyCMSError, *_DAMAGED):  # a profile that is none of this picture is left out
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            shown = ImageCms.profileToProfile(image, own, _SRGB, outputMode=mode)
            if shown is not None:
                return shown
    return image.convert("RGB") if image.mode == "CMYK" else image


def _written(image: Image.Image, size_bytes: int, mime: str, limits: MediaLimits) -> Picture:
    shape = Shape(*image.size, size_bytes, mime, clear=image.mode in {"LA", "RGBA"})
    for step in steps(shape, limits):
        content = _encoded(image, step)
        if len(content) <= limits.max_bytes:
            return Picture(content, step.mime, step.width, step.height)
    message = f"However small it is made, it is above the {limits.max_bytes / 1e3:.0f} kB that the network takes."
    raise RejectedError(message, code="picture_does_not_fit")


def _encoded(image: Image.Image, step: Step) -> bytes:
    size = step.width, step.height
    shown = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if step.mime == "image/jpeg" and shown.mode in {"LA", "RGBA"}:
        ground = Image.new("RGBA", size, "white")
        ground.alpha_composite(shown.convert("RGBA"))
        shown = ground.convert("RGB")
    out = BytesIO()
    # Level 3 takes a third of the time of Pillow's 6, and gives photographs no more bytes.
    settings = {"quality": step.quality} if step.quality else {"compress_level": 3}
    shown.save(out, step.mime.removeprefix("image/").upper(), **settings)
    return out.getvalue()
