"""What LinkedIn takes of a member, with the pages that say so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from engine.contract.sink import Fact, Limits, Window
from engine.model.picture import MediaLimits

_READ: Final = date(2026, 11, 22)
_DOCS: Final = "https://learn.microsoft.com/en-us/linkedin"
_POSTS: Final = f"{_DOCS}/marketing/community-management/shares/posts-api"
_IMAGES: Final = f"{_DOCS}/marketing/community-management/shares/images-api"
_SEVERAL: Final = f"{_DOCS}/marketing/community-management/shares/multiimage-post-api"
_OLD: Final = f"{_DOCS}/compliance/integrations/shares/ugc-post-api"
_RATES: Final = f"{_DOCS}/consumer/integrations/self-serve/share-on-linkedin"
_VERSIONS: Final = f"{_DOCS}/marketing/versioning"

PICTURES: Final = 20
ALT: Final = 4_086

_PER_MEMBER: Final = Fact("150 requests a day (UTC) for a member.", _RATES, _READ)
_PER_APP: Final = Fact("100,000 requests a day (UTC) for an app.", _RATES, _READ)

LIMITS: Final = Limits(
    text_max=3_000,
    text_unit="characters",
    media=MediaLimits(count=PICTURES, max_bytes=8_000_000, max_pixels=36_152_319, max_side=None, alt_max=ALT),
    personal=True,
    windows=(
        Window("member's day", "account", 150, timedelta(days=1), _PER_MEMBER, "utc midnight"),
        Window("app's day", "app", 100_000, timedelta(days=1), _PER_APP, "utc midnight"),
    ),
    facts=(
        Fact("A commentary has at most 3,000 characters, as readers see them.", _OLD, _READ),
        Fact("A picture has fewer than 36,152,320 pixels, as JPG, PNG or GIF; its description 4,086 characters.",
             _IMAGES, _READ),
        Fact("A post shows one picture, or 2 to 20.", _SEVERAL, _READ),
        Fact("The pages that links lead to are not read: title, text and picture of a card come from us.",
             _POSTS, _READ),
        _PER_MEMBER,
        _PER_APP,
        Fact("Exactly the same post within 10 minutes is refused, and the refusal names the original.", _OLD, _READ),
        Fact("A version of the API lives for at least a year: 202609 until September 2027.", _VERSIONS, _READ),
    ),
)  # fmt: skip
