"""Patterns of users: RE2, which finds in time proportional to the text, within a size that keeps the factor small."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import re2
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from mappings.fields import refusal
from mappings.findings import clipped
from mappings.pattern_weight import HEAVIEST, RULE, weight_of
from mappings.words import encoded

LONGEST: Final = 2_000
MOST_STATES: Final = 3_000
"""How large a compiled pattern may be: \\p{L} alone has 1,200 instructions, a dozen words about 100."""

LOOKED_AT: Final = 10_000
"""How many bytes of a text are looked at."""

_MEMORY: Final = 1 << 20


class Pattern:
    """A pattern, compiled; raises ValueError with a sentence for one that is wrong or too large."""

    def __init__(self, source: str, *, case_sensitive: bool = False) -> None:
        if len(source) > LONGEST:
            raise ValueError(f"This pattern has {len(source):,} characters, and {LONGEST:,} is the most.")
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        options.never_capture = True
        options.case_sensitive = case_sensitive
        self.source = source
        try:
            self._compiled = re2.compile(source.encode(errors="replace"), options)
        except re2.error as error:
            raise ValueError(_explained(error)) from error
        if self._compiled.programsize > MOST_STATES:
            raise ValueError(_TOO_LARGE)
        self.weight = weight_of(source)
        if self.weight > HEAVIEST:
            raise ValueError(too_heavy("This pattern weighs", self.weight))

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    def found_in(self, text: str) -> bool:
        """Tell whether the beginning of a text, of 10,000 bytes, has a match anywhere."""
        raw = encoded(text)
        return self._compiled.search(raw if len(raw) <= LOOKED_AT else raw[:LOOKED_AT]) is not None


def too_heavy(what: str, weight: int) -> str:
    """Say in a sentence that patterns are too much work, and what to do."""
    return f"{what} {weight:,}, and {HEAVIEST} is the most. {RULE}. Write fewer or smaller repetitions, or `contains`."


_TOO_LARGE: Final = "This pattern is too large: write fewer or smaller repetitions such as {1,20}."


def _explained(error: re2.error) -> str:
    said = error.args[0] if error.args else b""
    reason, _, part = (said.decode(errors="replace") if isinstance(said, bytes) else str(said)).partition(": ")
    shown = f"“{clipped(part)}”" if part else "it"
    if "too large" in reason or "repetition size" in reason:
        return _TOO_LARGE
    if "perl operator" in reason:
        return f"Patterns have no look-around and no references back, such as {shown}."
    return f"This is not a pattern of RE2: {reason} in {shown}."


def _pattern(value: Any) -> Pattern:
    if isinstance(value, Pattern):
        return value
    if not isinstance(value, str):
        raise refusal("pattern", "A pattern is a text: put it in quotes.")
    try:
        return Pattern(value)
    except ValueError as error:
        raise refusal("pattern", str(error)) from error


PatternText: TypeAlias = Annotated[
    Pattern,
    PlainValidator(_pattern),
    PlainSerializer(lambda pattern: pattern.source, return_type=str),
    WithJsonSchema({"type": "string", "format": "re2"}),
]
"""A pattern in RE2's syntax, compiled, for which case does not count."""
