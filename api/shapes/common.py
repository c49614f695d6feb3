"""What many shapes share: moments, ids, names."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _written(value: Any) -> Any:
    """Take a text as RFC 3339 has it (§5.6), and a datetime of our own; never a number, or a time without a zone."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    message = "write the time with its zone, as RFC 3339 has it: 2026-05-04T09:30:00+02:00, or Z for UTC"
    raise ValueError(message)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        message = "this is not within the years 1 to 9999"
        raise ValueError(message) from None


_EXAMPLES: Final = ["2026-05-04T07:30:00Z"]

Moment: TypeAlias = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_in_utc),
    Field(examples=_EXAMPLES),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": _EXAMPLES}, mode="serialization"),
]
"""A time: RFC 3339 with its zone on the way in, in UTC on the way out."""

Told: TypeAlias = Annotated[AwareDatetime, Field(examples=_EXAMPLES)]
"""A time on the way out alone, as the store gives it, in UTC: lists have too many of them to look at each by hand."""

Id: TypeAlias = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{32}$"), Field(examples=["0196a1b2c3d47e5f8a9b0c1d2e3f4a5b"])
]
"""An id of ours: 32 lower-case hexadecimal characters that sort by the time they were made."""

Name: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(examples=["news"]),
]
"""A name that a person gives or looks for, on one line."""
