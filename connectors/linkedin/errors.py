"""What LinkedIn's refusals mean, by their status and codes. Pure.

Sources: learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling, .../rate-limits and
.../marketing/versioning, read 2026-11-22; the codes of refused posts as public clients report them.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from engine.contract.answer import classify_status
from engine.errors import (
    AccountLostError,
    ChappeError,
    RateLimitedError,
    RejectedError,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DUPLICATE: Final = "duplicate"
SHOWN: Final = "https://www.linkedin.com/feed/update/"
_ORIGINAL: Final = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_DEATHS: Final = {65601: "the member has taken it back", 65602: "its 60 days are over"}
_UNAUTHORIZED, _FORBIDDEN, _CONFLICT, _REFUSED, _SUNSET, _TOO_MANY = 401, 403, 409, 422, 426, 429


def classify_linkedin(status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
    """Return None for a 2xx, else the error by what happens next."""
    error = _document(body)
    said = str(error.get("message") or "no reason given")[:500].rstrip(". \n")
    if status == _UNAUTHORIZED:
        why = _DEATHS.get(_number(error.get("serviceErrorCode")), "LinkedIn no longer accepts it")
        return AccountLostError(f"The access to this LinkedIn account has ended: {why}. Connect it again.")
    if status == _FORBIDDEN:
        message = f"LinkedIn does not let us post for this member ({said}): connect the account again and agree to all."
        return AccountLostError(message)
    if status == _CONFLICT:
        return TransientError("LinkedIn answered 409: somebody else wrote there at the same instant.")
    if status == _SUNSET:
        message = "LinkedIn no longer speaks this version of its API: `chappe apps set linkedin version=YYYYMM`."
        return RateLimitedError(message, wait=timedelta(hours=1), scope="platform")
    if status == _TOO_MANY:
        message = f"LinkedIn's limit for today is reached: {said}."
        return RateLimitedError(message, until=tomorrow(headers), wait=timedelta(hours=1))
    if original := original_of(status, body):
        message = f"LinkedIn shows exactly this post already, as {original}, since less than 10 minutes ago."
        return RejectedError(message, code=DUPLICATE, original=original, url=f"{SHOWN}{original}/")
    if 400 <= status < 500:  # noqa: PLR2004  # RFC 9110: refused, not processed
        return _refused(status, error, said)
    return classify_status(status, headers, body)


def original_of(status: int, body: bytes) -> str:
    """Return the post of which this one is a duplicate, as a 422 names it; nothing where it is none."""
    if status != _REFUSED:
        return ""
    error = _document(body)
    codes = [one.get("code") for one in _input_errors(error)]
    found = _ORIGINAL.search(str(error.get("message")))
    known = "DUPLICATE_POST" in codes or "duplicate" in str(error.get("message")).lower()
    return found.group(0) if found and known else ""


def tomorrow(headers: Mapping[str, str]) -> datetime | None:
    """Return when LinkedIn's next day begins (00:00 UTC), by LinkedIn's own clock; None where it shows none."""
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) if now.tzinfo else None


def _refused(status: int, error: dict[str, Any], said: str) -> ChappeError:
    faults = [str(one.get("code")) for one in _input_errors(error) if one.get("code")]
    name = (faults or [str(error.get("code") or f"http_{status}")])[0].lower()
    return RejectedError(f"LinkedIn refused it with {status}: {said}.", code=f"linkedin_{name}"[:80])


def _input_errors(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("errorDetails")
    found = details.get("inputErrors") if isinstance(details, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _document(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
