"""A route that is on its way out says so: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and where to read about it."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request

from api.guards import NOTICES

if TYPE_CHECKING:
    from datetime import datetime


class _Notice:
    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        self.headers = headers

    async def __call__(self, request: Request) -> None:
        request.scope.setdefault("state", {}).setdefault(NOTICES, []).extend(self.headers)


def Deprecated(since: datetime, until: datetime, see: str) -> Any:  # noqa: N802  # read as a mark, as `Depends` is
    """Mark a route, in its `dependencies`, as deprecated since then and gone at `until`; times are in UTC.

    `see` is the path of a page on this instance that says what to use instead.
    """
    headers = (
        ("deprecation", f"@{int(since.timestamp())}"),
        ("sunset", format_datetime(until, usegmt=True)),
        ("link", f'<{see}>; rel="deprecation"'),
    )
    return Depends(_Notice(headers))
