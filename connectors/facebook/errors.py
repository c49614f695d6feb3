"""What the Graph API's refusals mean, by their codes. Pure.

Sources: developers.facebook.com/docs/graph-api/guides/error-handling and .../reference/photo, read 2026-11-22; 613 is
not documented there. A text never decides.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.contract.answer import LONGEST_WAIT, classify_status
from engine.contract.usage import Usage
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.errors import Scope

_TROUBLE: Final = frozenset({1, 2})
_THROTTLES: Final[Mapping[int, Scope]] = {
    4: "platform", 341: "platform", 17: "account", 32: "account", 613: "account", 80001: "account",
}  # fmt: skip
_TOKEN: Final = frozenset({102, 190})
_DEATHS: Final[Mapping[int, str]] = {
    458: "the app was removed from the settings of the person who connected the page",
    459: "Facebook asks the person who connected the page to confirm who they are",
    460: "the person who connected the page has changed the password",
    463: "its access has expired",
    464: "the person who connected the page has not confirmed their Facebook account",
    467: "its access was withdrawn",
    492: "the person who connected the page has no role on it any more",
}
_PERMISSION: Final = frozenset({10, *range(200, 300)})
_BLOCKED: Final = 368
_DUPLICATE: Final = 506
_NO_SCRAPE: Final = 1609005
_OLD_VERSION: Final = 2635
BUSINESS: Final = "x-business-use-case-usage"
APP: Final = "x-app-usage"
_SHARES: Final = ("call_count", "total_cputime", "total_time")


def classify_graph(status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
    """Return None for an answer without an error, else the error by what happens next."""
    error = _error_in(body)
    if error is None:
        return classify_status(status, headers, b"")
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    if code in _THROTTLES:
        message = f"Facebook asks us to wait (code {code}): too many requests were made."
        return RateLimitedError(message, wait=wait_of(headers) or timedelta(hours=1), scope=_THROTTLES[code])
    if code in _TOKEN:
        why = _DEATHS.get(subcode, "Facebook no longer accepts its access")
        return AccountLostError(f"The Facebook page must be connected again: {why}.")
    if code in _PERMISSION:
        message = f"Facebook does not give us the permission for this (code {code}): connect the page again, by "
        return AccountLostError(f"{message}somebody who may publish on it, and agree to all that is asked.")
    return _other(status, code, subcode, _said(error))


def _other(status: int, code: int, subcode: int, said: str) -> ChappeError:
    if code == _BLOCKED:
        return AccountLostError(
            f"Facebook has blocked this page or app from publishing for a while (code 368): {said}."
        )
    if code == _DUPLICATE:
        return DoubtfulError("Facebook says that this was just published (code 506): the page is looked at.")
    if code in _TROUBLE or status >= 500:  # noqa: PLR2004  # RFC 9110: the server failed
        return DoubtfulError(f"Facebook had trouble after it had the request (status {status}, code {code}).")
    if code == _OLD_VERSION:
        message = "Facebook no longer speaks this version of its API: `chappe apps set facebook version=v…`."
        return RateLimitedError(message, wait=timedelta(hours=1), scope="platform")
    if code == _NO_SCRAPE:
        return RejectedError(f"Facebook cannot read the page that the link leads to: {said}.", code="no_scrape")
    name = f"graph_{code}_{subcode}" if subcode else f"graph_{code}"
    return RejectedError(f"Facebook refused it (code {code}): {said}.", code=name)


def wait_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a page or an app must wait, by the usage headers; None where they do not say it.

    developers.facebook.com/docs/graph-api/overview/rate-limiting, read 2026-11-22: minutes, by page or business.
    """
    entries = [entry for one in _document(headers.get(BUSINESS, "")).values() if isinstance(one, list) for entry in one]
    minutes = [_number(one.get("estimated_time_to_regain_access")) for one in entries if isinstance(one, dict)]
    longest = max(minutes, default=0)
    return min(timedelta(minutes=longest), LONGEST_WAIT) if longest > 0 else None


def usage_of(headers: Mapping[str, str]) -> Usage | None:
    """Return how much of what a page or the app may do is used: the highest of the shares that Facebook names."""
    page = [entry for one in _document(headers.get(BUSINESS, "")).values() if isinstance(one, list) for entry in one]
    used = max((_share(entry) for entry in page), default=0.0)
    whole = _share(_document(headers.get(APP, "")))
    if whole > used:
        return Usage(percent=whole, scope="platform")
    return Usage(percent=used, wait=wait_of(headers)) if used else None


def _share(entry: object) -> float:
    shares = [entry.get(name) for name in _SHARES] if isinstance(entry, dict) else []
    return max((float(share) for share in shares if isinstance(share, int | float)), default=0.0)


def _error_in(body: bytes) -> dict[str, Any] | None:
    error = _document(body).get("error")
    return error if isinstance(error, dict) else None


def _document(text: bytes | str) -> dict[str, Any]:
    try:
        said = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _said(error: dict[str, Any]) -> str:
    return str(error.get("error_user_msg") or error.get("message") or "no reason given")[:500].rstrip(". \n")


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 10**9 else 0
