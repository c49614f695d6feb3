"""Rows whose key is among several: one parameter, however many there are.

`IN (…)` has a place for each value, which Core writes anew at every run: for fifty of them that costs more than the
rest of the read. An array would be looked at value by value by the driver; JSON is one text for both databases.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import BindParameter, ColumnElement, Dialect
    from sqlalchemy.sql.compiler import SQLCompiler


class _Several(TypeDecorator[list[str]]):
    """Texts as one value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:
        """Return the value as the database takes it."""
        del dialect
        return json.dumps(list(value or ()))


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()


@compiles(_Among, "postgresql")
def _postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, several = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({several} AS json))))"


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, several = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({several}))"


def several(name: str) -> BindParameter[Any]:
    """Return the place of several texts in a statement that is made once."""
    return bindparam(name, type_=_Several())


def among(column: ColumnElement[str], place: BindParameter[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of the texts that stand in a place for `several`."""
    return _Among(column, place)
