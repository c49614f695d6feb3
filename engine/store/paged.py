"""Pages of a list: how many rows are wanted is written out in the statement.

PostgreSQL keeps a plan that serves all values only where it seems no dearer than a plan for these. Where the number of
rows is a value it reckons with a tenth of the table, and so plans a list anew at every request, which takes several
times as long as to find the rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column

if TYPE_CHECKING:
    from sqlalchemy import Select


@lru_cache(maxsize=1_000)
def paged(statement: Select[Any], most: int) -> Select[Any]:
    """Return a statement of a module that gives so many rows at most."""
    return statement.limit(literal_column(f"{most:d}"))
