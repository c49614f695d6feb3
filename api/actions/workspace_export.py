"""Everything that a workspace holds, as lines of JSON: for its people, and to go elsewhere."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from api.moments import written
from engine.store import export

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace

ROWS: Final = 500
"""How many rows are read and given at once."""


async def lines(store: Store, clock: Clock, workspace: Workspace) -> AsyncIterator[str]:
    """Give a line that says what this is, then one for each row: `{"table": …, "row": {…}}`. No secret is in it."""
    head = {"workspace": workspace.name, "made_at": clock.now(), "version": version("chappe"), "tables": export.TABLES}
    yield _line(head)
    for name in export.TABLES:
        after: tuple[Any, ...] | None = None
        while True:
            found = await store.read(export.page, workspace.id, name, after, ROWS)
            if found.rows:
                yield "".join(_line({"table": name, "row": row}) for row in found.rows)
            after = found.after
            if after is None:
                break


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> str:
    return written(value) if isinstance(value, datetime) else str(value)
