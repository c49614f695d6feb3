"""Names that belong to a row, as one value: one on each line, in no order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.compiler import SQLCompiler


class _Lines(FunctionElement[str]):
    inherit_cache = True
    type = String()


# SQLAlchemy's own `aggregate_strings` writes the statement anew at every run, for the sake of what stands between.
@compiles(_Lines, "postgresql")
def _postgresql(element: _Lines, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, chr(10))"


@compiles(_Lines, "sqlite")
def _sqlite(element: _Lines, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, char(10))"


def lines(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return all that a column says in a group of rows; a name is of one line."""
    return _Lines(column)


def names_of(value: str | None) -> list[str]:
    """Return the names in such a value, each once, in their order."""
    return sorted(set(value.split("\n"))) if value else []
