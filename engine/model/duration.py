"""A duration as people write it in a mapping: `90s`, `10m`, `4h`, `2d`. It prints back as it was written."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST: Final = timedelta(days=3650)
_WRITTEN: Final = re.compile(r"([0-9]{1,9})([smhd])")


class Duration(timedelta):
    """A timedelta that remembers how it was written: 24h and 1d are equal, and each prints as itself."""

    written: str

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a whole number with one unit: s, m, h or d, at most ten years; raise ValueError with a sentence."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(_advice(text))
        duration = cls(**{UNITS[match[2]]: int(match[1])})
        if duration > LONGEST:
            raise ValueError(f"{text} is longer than ten years.")
        duration.written = text
        return duration

    def __str__(self) -> str:
        return self.written

    def __reduce__(self) -> tuple[Callable[[str], Duration], tuple[str]]:
        """Copy and pickle it with how it was written."""
        return Duration.parse, (self.written,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Take a text or a Duration, and write the text."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the text."""
        del schema, handler
        return {"type": "string", "format": "duration", "pattern": f"^{_WRITTEN.pattern}$", "examples": ["10m", "4h"]}


def _validated(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("duration", "A duration is a number with its unit, such as 90s, 10m, 4h or 2d.")
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{sentence}", {"sentence": str(error)}) from error


_WORDS: Final = {"second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "hr": "h", "day": "d", "week": "w"}
_LOOSE: Final = re.compile(r"\s*([0-9]{1,9})\s*([a-z]+?)s?\s*", re.IGNORECASE)


def _advice(text: str) -> str:
    """Say what is wrong with a duration, and what was probably meant."""
    shown = text if len(text) <= 20 else f"{text[:20]}…"  # noqa: PLR2004  # enough to recognise it by
    loose = _LOOSE.fullmatch(text)
    unit = loose and _WORDS.get(loose[2].lower(), loose[2].lower())
    if loose and unit == "w":
        return f"“{shown}” is not a duration: there are no weeks; write {int(loose[1]) * 7}d."
    if loose and unit in UNITS:
        return f"“{shown}” is not a duration: write {loose[1]}{unit}."
    return f"“{shown}” is not a duration: write a number with its unit, such as 90s, 10m, 4h or 2d."
