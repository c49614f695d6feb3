"""Read the worker's reply without trusting the worker: a parser that was taken over must not speak for us.

A pickle can name anything that Python can import. Here it may name classes of ours and a few of the standard library's
values, nothing that acts.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

from engine.errors import ChappeError

OURS = frozenset({"engine", "connectors", "mappings"})
_VALUES = frozenset(
    {
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("pydantic_core._pydantic_core", "TzInfo"),
    }
)
# What unpickling raises on bytes that are no pickle, or that name what is not there.
_UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
)


class UnreadableReplyError(Exception):
    """The reply is not one that an honest worker sends."""


def read_reply(content: bytes, packages: frozenset[str]) -> tuple[str, Any]:
    """Return the outcome and its value, for `raised` the error itself; classes may be of `packages`.

    Raise UnreadableReplyError for anything else.
    """
    try:
        outcome, value = _Reader(content, packages).load()
        if outcome == "raised":
            value = _rebuilt(*value)
    except _UNREADABLE as error:
        raise UnreadableReplyError(f"{type(error).__name__}: {error}") from None
    return str(outcome), value


class _Reader(pickle.Unpickler):
    def __init__(self, content: bytes, packages: frozenset[str]) -> None:
        super().__init__(io.BytesIO(content))
        self._packages = packages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _VALUES:
            return super().find_class(module, name)
        if module.partition(".")[0] in self._packages and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _rebuilt(kind: type[ChappeError], args: tuple[Any, ...], state: dict[str, Any]) -> ChappeError:
    """Build an error as it was, without its constructor, which may ask for more than its arguments."""
    if not issubclass(kind, ChappeError):
        raise TypeError(f"{kind.__name__} is no error of ours")
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error
