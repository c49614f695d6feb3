"""What only the API raises: who calls, whether they may, and whether the request is one that can be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ChappeError, ConflictError, RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def pointer_to(path: Iterable[str | int]) -> str:
    """Return a path of keys and positions as a JSON pointer; the whole document is the empty text."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: `pointer` is a JSON pointer into the body, `parameter` is outside it."""

    detail: str
    code: str
    pointer: str | None = None
    parameter: str | None = None


class UnauthenticatedError(ChappeError):
    """No credential came with the request, or one that is not valid (any more)."""


class ForbiddenError(ChappeError):
    """The caller's role, or the scopes of the key, do not allow this."""


class UsageError(ChappeError):
    """A command was not written as it should be, whatever the workspace holds.

    `pointer` says which member of a request's body is meant, `parameter` which of its parameters, where one is.
    """

    def __init__(self, message: str, *, pointer: str | None = None, parameter: str | None = None) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.parameter = parameter


class BadRequestError(ChappeError):
    """The request cannot be understood; `faults` say where."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class UnprocessableError(ChappeError):
    """The request can be understood, and asks for what cannot be; `faults` say where."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class ChangedError(ConflictError):
    """Somebody has changed the thing since the caller read it."""


class UnconditionalError(ChappeError):
    """A change came without `If-Match`, where it is asked for."""


class KeyReusedError(ChappeError):
    """An `Idempotency-Key` came again with another request."""


class InProgressError(ConflictError):
    """The first request with this `Idempotency-Key` is still being answered."""


class TooManyTriesError(RateLimitedError):
    """Somebody tries to sign in too often, or too many do at once; `wait` says how long to leave it."""
