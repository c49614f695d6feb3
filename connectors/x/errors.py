"""What X's refusals mean, by their status and the type of the problem. Pure.

Sources: docs.x.com/x-api/fundamentals/response-codes-and-errors and the description of the API (OpenAPI 2.167), read
2026-08-22. A refusal as duplicate and one for a missing scope have no type of their own: there the sentence decides.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.contract.answer import classify_status
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

LEFT: Final = "x-rate-limit-remaining"
RESET: Final = "x-rate-limit-reset"
DAY_RESET: Final = "x-app-limit-24hour-reset"
DAY_LEFT: Final = "x-app-limit-24hour-remaining"
_BAD_REQUEST, _UNAUTHORIZED, _PAYMENT, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 400, 401, 402, 403, 404, 429
_DUPLICATE: Final = "duplicate content"
_NOT_PERMITTED: Final = "not permitted to perform this action"
_NO_ACCESS: Final = ("client-forbidden", "unsupported-authentication", "oauth1-permissions", "disallowed-resource")
_NO_CREDIT: Final = ("credits", "usage-capped")


def classify_x(status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
    """Return None for a 2xx, else the error by what happens next."""
    problem = _document(body)
    kind = str(problem.get("type", "")).rpartition("/")[2]
    if status == _UNAUTHORIZED:
        return AccountLostError("X no longer accepts the access to this account: connect it again.")
    if status == _PAYMENT or kind in _NO_CREDIT:
        message = (
            "X refuses to go on: the credits or the spending limit of your developer account are used up. "
            "Once there are more, `chappe resume platform x` tries again at once."
        )
        return RateLimitedError(message, wait=timedelta(hours=1), scope="platform")
    if status == _TOO_MANY:
        return _too_many(headers)
    if status == _FORBIDDEN:
        return _forbidden(kind, _said(problem))
    if status in (_BAD_REQUEST, _NOT_FOUND):
        return RejectedError(f"X refused it: {_said(problem)}.", code=f"x_{kind or 'invalid'}")
    return classify_status(status, headers, body)


def usage_of(headers: Mapping[str, str]) -> Usage | None:
    """Return how many more requests X takes until the window ends."""
    left, until = headers.get(LEFT, ""), _moment(headers.get(RESET))
    if headers.get(DAY_LEFT) == "0" and (day := _moment(headers.get(DAY_RESET))):
        return Usage(left=0, until=day, scope="platform")
    return Usage(left=int(left), until=until) if until and left.isascii() and left.isdigit() else None


def _forbidden(kind: str, said: str) -> ChappeError:
    if _DUPLICATE in said.lower():
        return DoubtfulError("X says that this account has just posted the same words: its newest posts are looked at.")
    if kind in _NO_ACCESS or _NOT_PERMITTED in said.lower():
        message = f"X does not let us post from this account ({said}): connect it again and agree to all that is asked."
        return AccountLostError(message)
    return RejectedError(
        f"X refused it: {said}.", code=f"x_{kind}" if kind not in {"", "about:blank"} else "x_forbidden"
    )


def _too_many(headers: Mapping[str, str]) -> RateLimitedError:
    if headers.get(DAY_LEFT) == "0" and (until := _moment(headers.get(DAY_RESET))):
        return RateLimitedError("X's limit of a day for your app is reached.", until=until, scope="platform")
    return RateLimitedError("X asked us to wait: too many requests.", until=_moment(headers.get(RESET)))


def _moment(seconds: str | None) -> datetime | None:
    """Read a time as X gives it in headers: seconds since 1970; None where it is none."""
    if not seconds or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 11:  # noqa: PLR2004  # year 5138
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _said(problem: Mapping[str, Any]) -> str:
    """Return X's sentences, the particular ones first."""
    errors = problem.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    words = first.get("message") or problem.get("detail") or problem.get("title") or "no reason given"
    return str(words)[:500].rstrip(". \n")


def _document(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
