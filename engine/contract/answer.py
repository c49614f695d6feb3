"""What an HTTP status means where a platform documents nothing finer."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

OK: Final = range(200, 300)
UNAUTHORIZED: Final = 401
TOO_MANY: Final = 429
UNAVAILABLE: Final = 503
SERVER_ERROR: Final = 500
REDIRECT: Final = range(300, 400)
LONGEST_WAIT: Final = timedelta(days=7)
_SECONDS: Final = re.compile(r"\s*[0-9]{1,9}\s*")


def classify_status(status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
    """Return None for a 2xx, else the error that the status stands for (RFC 9110; reliability bar F1 to F8).

    A 503 with Retry-After was refused before it was processed; any other 5xx may have been processed. The body is not
    read: a text never decides.
    """
    del body
    if status in OK:
        return None
    if status == TOO_MANY or (status == UNAVAILABLE and "retry-after" in headers):
        return rate_limited(status, headers.get("retry-after", ""))
    if status >= SERVER_ERROR:
        return DoubtfulError(f"The server answered {status} after it had the request.")
    if status == UNAUTHORIZED:
        return AccountLostError("The server answered 401: it no longer accepts this account's credentials.")
    if status in REDIRECT:
        message = f"The server answered {status}: a redirect is not followed when publishing."
        return RejectedError(message, code="redirect")
    if status == 408:  # noqa: PLR2004  # Request Timeout: the server gave up waiting for the request
        return TransientError("The server answered 408: it did not get the whole request.")
    return RejectedError(f"The server refused it with {status}.", code=f"http_{status}")


def rate_limited(status: int, retry_after: str) -> RateLimitedError:
    """Read a Retry-After value, seconds or an HTTP date (RFC 9110 section 10.2.3)."""
    message = f"The server answered {status} and asked to wait."
    if _SECONDS.fullmatch(retry_after):
        return RateLimitedError(message, wait=min(timedelta(seconds=int(retry_after)), LONGEST_WAIT))
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return RateLimitedError(message)
    return RateLimitedError(message, until=until if until.tzinfo else None)
