"""What a Facebook page takes, with the pages that say so."""

from __future__ import annotations

from datetime import date
from typing import Final

from engine.contract.sink import Fact, Limits
from engine.model.picture import MediaLimits

_READ: Final = date(2026, 11, 22)
_READ_OF_COMMENTS: Final = date(2026, 11, 23)
_PHOTO: Final = "https://developers.facebook.com/docs/graph-api/reference/page/photos/"
_POSTS: Final = "https://developers.facebook.com/docs/pages-api/posts"
_COMMENTS: Final = "https://developers.facebook.com/documentation/pages-api/comments-mentions"
_RATES: Final = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"

COMMENT_MAX: Final = 8_000
"""Characters."""

LIMITS: Final = Limits(
    text_max=63_206,
    text_unit="characters",
    media=MediaLimits(formats=("image/jpeg", "image/png", "image/gif"), max_bytes=4_000_000, animated=False),
    facts=(
        Fact("A text has at most 63,206 characters: Facebook's figure of 2011, the API names none.", _POSTS, _READ),
        Fact("A picture has at most 4 MB, as JPEG, PNG, GIF, BMP or TIFF.", _PHOTO, _READ),
        Fact("A picture uploaded with published=false is shown by a post's attached_media.", _POSTS, _READ),
        Fact(
            "A comment has at most 8,000 characters: what people report, the API names no figure.",
            _COMMENTS,
            _READ_OF_COMMENTS,
        ),
        Fact(
            "To comment as the page takes pages_manage_engagement, and the task MODERATE.", _COMMENTS, _READ_OF_COMMENTS
        ),
        Fact("4,800 requests a day for each person who engaged with the page; headers tell the share.", _RATES, _READ),
    ),
)
