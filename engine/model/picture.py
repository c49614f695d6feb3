"""Pictures and cards that are ready for a network: fetched, cleaned, and within what the network takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Format: TypeAlias = Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
"""What pictures can be written as; AVIF is read as well."""

COMMON: Final[tuple[Format, ...]] = ("image/jpeg", "image/png", "image/gif")


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Which pictures a network takes.

    `count` is how many a post may have (None: no limit is known), `formats` what they may be written as, `max_bytes`
    the size of one, `max_pixels` its width times its height, `max_side` its longer side (None: no limit of its own),
    `animated` whether a GIF may move, `alt_max` the length of its description in characters (None: no limit is known;
    0: there is none). A picture that is larger is made smaller, what is written otherwise is written anew.
    """

    count: int | None = None
    formats: tuple[Format, ...] = COMMON
    max_bytes: int = 5_000_000
    max_pixels: int = 16_000_000
    max_side: int | None = 4_096
    animated: bool = True
    alt_max: int | None = None

    @property
    def fit(self) -> str:
        """Name the form of one picture: networks with the same one share what was made for it."""
        form = (sorted(self.formats), self.max_bytes, self.max_pixels, self.max_side, self.animated)
        return hashlib.sha256(repr(form).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Picture:
    """A picture as a network takes it: its bytes, what they are, its size in pixels, and what it shows in words.

    It holds nothing but the picture: no place, no camera, no comment.
    """

    bytes: bytes = field(repr=False)
    mime: Format
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class LinkCard:
    """What a link's page says of itself; `url` is what the page calls its own address, `picture` is ready to send."""

    url: str
    title: str
    description: str = ""
    picture: Picture | None = None
