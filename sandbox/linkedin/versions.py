"""The versions of LinkedIn's API, one a month, each with the day of its end.

From learn.microsoft.com, marketing/versioning and integrations/migrations (copies of March to September 2026).
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from sandbox.linkedin.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL: Final = "2.0.0"

_ANNOUNCED: Final = {
    "202510": date(2026, 10, 15),
    "202511": date(2026, 11, 16),
    "202601": date(2027, 1, 15),
    "202602": date(2027, 2, 15),
    "202603": date(2027, 3, 16),
    "202604": date(2027, 4, 15),
}
_AT_LEAST_A_YEAR: Final = {
    "202512": date(2026, 12, 15),
    "202605": date(2027, 5, 15),
    "202606": date(2027, 6, 15),
    "202607": date(2027, 7, 15),
    "202608": date(2027, 8, 15),
    "202609": date(2027, 9, 15),
}
SUNSETS: Final = {**_ANNOUNCED, **_AT_LEAST_A_YEAR}
"""The first day on which each version is refused; where none was announced, the year that each is promised."""

_FORM: Final = re.compile(r"(\d{6})(?:\.\d{2})?")


def check(headers: Mapping[str, str], today: date) -> None:
    """Refuse a request whose version is missing or no longer served, or that speaks another protocol."""
    given = headers.get("linkedin-version", "").strip()
    if not given:
        message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
        raise RefusalError(400, message, code="VERSION_MISSING")
    form = _FORM.fullmatch(given)
    ends = SUNSETS.get(form[1]) if form else None
    if ends is None or today >= ends:
        asked = f"{form[1]}01" if form else given
        raise RefusalError(426, f"Requested version {asked} is not active", code="NONEXISTENT_VERSION")
    if headers.get("x-restli-protocol-version", "").strip() != PROTOCOL:
        message = f"X-RestLi-Protocol-Version must be {PROTOCOL} for this resource."
        raise RefusalError(400, message, code="ILLEGAL_ARGUMENT")
