"""Which command was called, and with which words: for the record of who changed what. Loaded with `chappe --help`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLED: ContextVar[tuple[str, tuple[str, ...]]] = ContextVar("called", default=("", ()))
"""The command, as `people consent give`, and the words after it."""


def called_of(command: Any, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the name of the innermost command that these words call, and the words after it. Pure."""
    depth, inner = 1, command
    while depth < len(words) and words[depth] in getattr(inner, "commands", {}):
        inner = inner.commands[words[depth]]
        depth += 1
    return " ".join(words[:depth]), tuple(words[depth:])
