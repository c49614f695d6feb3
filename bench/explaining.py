"""What PostgreSQL does for a statement: run once with a plan for its values, and once with the plan for all values.

A session that asks the same for the sixth time may get the plan that was made once for all values: both must be good.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asyncpg import Connection

MODES = ("custom", "generic")


class Statement(NamedTuple):
    """What was sent, with its values; `kept` where the session may keep one plan for all values."""

    sql: str
    values: tuple[Any, ...]
    kept: bool = True

    @property
    def shape(self) -> str:
        """Return it without how many values a list of it has."""
        return _LIST.sub("IN (…)", _PLACE.sub("?", self.sql))


@dataclass(frozen=True, slots=True)
class Cost:
    """How many buffers of 8 KiB a plan touches, in how many milliseconds, and the plan as lines."""

    buffers: int
    ms: float
    plan: str


@contextmanager
def overheard() -> Iterator[list[Statement]]:
    """Give the statements that are sent by this process, as they come."""
    heard: list[Statement] = []

    def note(connection: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        if sql.lstrip().startswith(("SELECT", "WITH")):  # a snapshot has an isolation of its own, and plans each anew
            kept = "isolation_level" not in connection.get_execution_options()
            heard.append(Statement(sql, tuple(values), kept))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def costs(connection: Connection[Any], statement: Statement) -> dict[str, Cost]:
    """Return what a statement costs by each kind of plan that it may get."""
    given = ", ".join(map(_literal, statement.values))
    await connection.execute(f"PREPARE asked AS {statement.sql}")
    found = {}
    for mode in MODES[: 2 if statement.kept else 1]:
        await connection.execute(f"SET plan_cache_mode = force_{mode}_plan")
        execution = f"EXECUTE asked ({given})" if given else "EXECUTE asked"
        answer = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execution}")
        found[mode] = _cost(json.loads(answer)[0])
    await connection.execute("DEALLOCATE asked")
    return found


def _cost(explained: dict[str, Any]) -> Cost:
    plan = explained["Plan"]
    buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Cost(buffers, explained["Execution Time"], "\n".join(_lines(plan)))


def _lines(plan: dict[str, Any], depth: int = 0) -> Iterator[str]:
    of = plan.get("Index Name", plan.get("Relation Name", ""))
    touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    conditions = " ".join(str(plan[name]) for name in ("Index Cond", "Recheck Cond", "Filter") if name in plan)
    rows = f"{plan['Actual Rows']:.0f}×{plan['Actual Loops']} rows"
    yield f"{'  ' * depth}{plan['Node Type']} {of}: {rows}, {touched} buffers {conditions}".rstrip()
    for inner in plan.get("Plans", ()):
        yield from _lines(inner, depth + 1)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(map(_literal, value))}]::text[]"
    written = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + written.replace("'", "''") + "'"


_PLACE = re.compile(r"\$\d+")
_LIST = re.compile(r"IN \((?:\?(?:::\w+)?(?:, )?)+\)")
