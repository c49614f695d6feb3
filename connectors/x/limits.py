"""What X takes, and what it costs, with the pages that say so."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from engine.contract.sink import Fact, Limits, Window
from engine.model.picture import MediaLimits

_READ: Final = date(2026, 8, 22)
_DOCS: Final = "https://docs.x.com"
_COUNTING: Final = f"{_DOCS}/fundamentals/counting-characters"
_MEDIA: Final = f"{_DOCS}/x-api/media/quickstart/best-practices"
_METADATA: Final = f"{_DOCS}/x-api/media/metadata"
_RATES: Final = f"{_DOCS}/x-api/fundamentals/rate-limits"
_PRICES: Final = f"{_DOCS}/x-api/getting-started/pricing"
_POLICY: Final = f"{_DOCS}/developer-terms/policy"

COST_OF_POST: Final = Decimal("0.015")
COST_WITH_LINK: Final = Decimal("0.200")
COST_OF_DESCRIPTION: Final = Decimal("0.005")
"""In US dollars."""

_PER_ACCOUNT: Final = Fact("100 posts in 15 minutes for an account.", _RATES, _READ)
_PER_APP: Final = Fact("10,000 posts in 24 hours for an app.", _RATES, _READ)

COMMENT_MAX: Final = 280
"""Weighted: a comment is a reply, which is a post."""

LIMITS: Final = Limits(
    text_max=280,
    text_unit="x_weighted",
    media=MediaLimits(
        count=4,
        formats=("image/jpeg", "image/png", "image/webp"),
        max_bytes=5_000_000,
        max_side=8_192,
        max_pixels=36_000_000,
        animated=False,
        alt_max=1_000,
    ),
    personal=True,
    windows=(
        Window("quarter", "account", 100, timedelta(minutes=15), _PER_ACCOUNT),
        Window("day", "app", 10_000, timedelta(hours=24), _PER_APP),
    ),
    facts=(
        Fact("280 weighted characters; a link counts 23, an emoji 2.", _COUNTING, _READ),
        Fact("Four photos of 5 MB; a description has 1,000 characters.", _MEDIA, _READ),
        Fact("A photo's description is set by a request of its own.", _METADATA, _READ),
        Fact("$0.015 a post, $0.200 one with a link, $0.005 for a description, $0.005 a post read.", _PRICES, _READ),
        Fact("The same or similar words must not go out from several accounts.", _POLICY, _READ),
        _PER_ACCOUNT,
        _PER_APP,
    ),
)
