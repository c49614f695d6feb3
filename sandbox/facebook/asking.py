"""What a caller asks to see: `id,from{name},attachments.limit(5){media,subattachments{media}}`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from sandbox.facebook.errors import GraphError

_TOKEN: Final = re.compile(r"\s*([\w]+|[{},]|\.\w+\([^)]*\))\s*")
_LIMIT: Final = re.compile(r"\.limit\((\d+)\)")
DEEPEST: Final = 8


@dataclass(slots=True)
class Asked:
    """One field: what of it is wanted, None for what it shows by itself; `limit` for lists."""

    fields: dict[str, Asked] | None = None
    limit: int | None = None


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0
    depth: int = 0
    seen: dict[str, Asked] = field(default_factory=dict)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token


def asked_of(text: str) -> dict[str, Asked]:
    """Parse `fields`; GraphError where it cannot be read."""
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text[at:])
        tokens.append(match.group(1))
        at = match.end()
    reader = _Reader(tokens)
    fields = _fields(reader)
    if reader.peek():
        raise _unreadable(reader.peek())
    return fields


def _fields(reader: _Reader) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    reader.depth += 1
    if reader.depth > DEEPEST:
        raise _unreadable("{")
    while (name := reader.peek()) and name != "}":
        reader.take()
        if not name.isidentifier():
            raise _unreadable(name)
        asked = found.setdefault(name, Asked())
        while reader.peek().startswith("."):
            if limit := _LIMIT.fullmatch(reader.take()):
                asked.limit = int(limit.group(1))
        if reader.peek() == "{":
            reader.take()
            asked.fields = _fields(reader)
            if reader.take() != "}":
                raise _unreadable("end of string")
        if reader.peek() == ",":
            reader.take()
        elif reader.peek() not in {"", "}"}:
            raise _unreadable(reader.peek())
    reader.depth -= 1
    return found


def _unreadable(where: str) -> GraphError:
    return GraphError("2500", f"Syntax error \"Expected end of string instead of '{where[:20]}'.\" in fields")
