"""Texts with {{ }} or {% %} in settings that are no templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.findings import Path


_MEANT: Final = re.compile(r"\{[{%]-?\s*\w")
"""The sign of a template with a word behind it: a condition may look for the bare signs."""


def unfilled(value: Any, path: Path = ()) -> Iterator[Path]:
    """Return where validated settings hold a plain text with the signs of a template; a template is no plain text."""
    if isinstance(value, str):
        if _MEANT.search(value):
            yield path
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from unfilled(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from unfilled(inner, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for nth, inner in enumerate(value):
            yield from unfilled(inner, (*path, nth))
