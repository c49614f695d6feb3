"""JSON of strangers, read by a model: a sentence comes back where it does not fit, not an exception.

A connector says what it expects as a pydantic model. What may be left out when it is wrong is marked `Forgiving`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import ValidationError, WrapValidator

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidatorFunctionWrapHandler

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a document is not what was expected: a clause that goes on after *the document*."""

    reason: str


def read_json(shape: TypeAdapter[T], data: bytes | str) -> T | Unreadable:
    """Return the document in the expected shape, or why it cannot be."""
    try:
        return shape.validate_json(data)
    except ValidationError as error:
        return Unreadable(_why(error))


def read_object(shape: TypeAdapter[T], value: object) -> T | Unreadable:
    """Return a value that JSON gave in the expected shape, or why it cannot be."""
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        return Unreadable(_why(error))


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return f"is not valid JSON ({first['msg'].removeprefix('Invalid JSON: ')})"
    where = ".".join(str(part) for part in first["loc"]) or "its top"
    return f"has something else than expected at {where}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Forgiving = Annotated[T | None, WrapValidator(_or_none)]
"""A field that becomes None where its value is wrong: `date: Forgiving[AwareDatetime] = None`."""
