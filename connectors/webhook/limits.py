"""What the Standard Webhooks specification says, version 1.0.0."""

from __future__ import annotations

from datetime import date
from typing import Final

from engine.contract.sink import Fact, Limits

_PAGE: Final = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
_READ: Final = date(2026, 11, 22)

LIMITS: Final = Limits(
    facts=(
        Fact("A payload has no size limit; smaller than 20 kB is recommended.", _PAGE, _READ),
        Fact("A receiver should be given 15 to 30 s to answer; we give it 15.", _PAGE, _READ),
        Fact("A signing secret is 24 to 64 random bytes, written as whsec_ and base64.", _PAGE, _READ),
        Fact("Any 2xx accepts, a redirect is a failure, 410 asks never to be called again.", _PAGE, _READ),
        Fact("A 404 is a failure among those after which the message is to be sent again.", _PAGE, _READ),
    )
)
