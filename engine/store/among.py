"""Rows whose key is among several: one parameter, however many there are.

`IN (…)` has a place for each value, which Core writes anew at every run: for fifty of them that costs more than the
rest of the read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, String, bindparam, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import BindParameter, ColumnElement, Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


class _Several(TypeDecorator[list[str]]):
    """Texts as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the database."""
        return dialect.type_descriptor(ARRAY(String) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        """Return the value as the database takes it."""
        several = list(value or ())
        return several if dialect.name == "postgresql" else json.dumps(several)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()


@compiles(_Among, "postgresql")
def _postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, several = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({several})"


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, several = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({several}))"


def several(name: str) -> BindParameter[Any]:
    """Return the place of several texts in a statement that is made once."""
    return bindparam(name, type_=_Several())


def among(column: ColumnElement[str], values: Iterable[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of several texts, or of those that stand in a place for `several`."""
    place = values if hasattr(values, "callable") else literal(values, _Several())
    return _Among(column, place)
