"""Parameters of the query, several at once, as a dataclass that pydantic reads in one go.

FastAPI takes them one by one, which for a list with a dozen filters costs more than to find its rows. The OpenAPI
document and the check for unknown names are told of them by `asked`, which a dependency of this kind carries.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.dependencies.models import Dependant
    from starlette.datastructures import QueryParams

T = TypeVar("T")

REFERENCE = "#/components/schemas/{model}"


class Asked(Generic[T]):
    """What a frozen dataclass asks for in the query: each field is a parameter of its name."""

    def __init__(self, shape: type[T]) -> None:
        self.shape = shape
        self.names = tuple(field.name for field in fields(shape))  # type: ignore[arg-type]  # any dataclass
        hints = get_type_hints(shape)
        self._several = frozenset(name for name in self.names if _is_list(hints[name]))
        self._plain = shape() if all(_has_default(field) for field in fields(shape)) else None  # type: ignore[arg-type]

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self.shape)

    def of(self, request: Request) -> T:
        """Return what a request asks for; raises RequestValidationError as FastAPI does."""
        if not request.scope["query_string"] and self._plain is not None:
            return self._plain
        try:
            return self._adapter.validate_python(self._found(request.query_params))
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in found]) from error

    def _found(self, query: QueryParams) -> dict[str, Any]:
        there = [name for name in self.names if name in query]
        return {name: query.getlist(name) if name in self._several else query[name] for name in there}

    def described(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the parameters as OpenAPI has them, and the schemas that they refer to, by name."""
        schema = self._adapter.json_schema(ref_template=REFERENCE)
        required = schema.get("required", ())
        parameters = []
        for name, one in schema["properties"].items():
            described = {"name": name, "in": "query", "required": name in required}
            if said := one.get("description"):
                described["description"] = said
            if one.get("default", MISSING) is None:
                del one["default"]
            parameters.append({**described, "schema": one})
        return parameters, schema.get("$defs", {})


class _Shaped(Generic[T]):
    """A dependency that gives the dataclass itself."""

    def __init__(self, shape: type[T]) -> None:
        self.asked = Asked(shape)

    async def __call__(self, request: Request) -> T:
        return self.asked.of(request)


def Given(shape: type[Any]) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter as a dataclass of parameters of the query; it stands behind the caller."""
    return Depends(_Shaped(shape))


def asked_of(dependant: Dependant) -> Iterator[Asked[Any]]:
    """Give what a route asks for in this way, in the order of its signature."""
    if isinstance(asked := getattr(dependant.call, "asked", None), Asked):
        yield asked
    for inner in dependant.dependencies:
        yield from asked_of(inner)


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is list or any(map(_is_list, get_args(hint)))


def _has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING
