"""Cancel what waits for a silent server, and see that it stops and leaves nothing open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from engine.testing.loopback import Loopback

SECONDS = 5


async def check_stops(what: str, work: Coroutine[Any, Any, object], server: Loopback) -> None:
    """Cancel `work`, which `what` names, once the silent server has its request: it ends at once, with all it began."""
    before = asyncio.all_tasks()
    task = asyncio.create_task(work)
    await server.until(lambda server: server.busy == 1)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=SECONDS)
    assert done, f"The {what} went on after it was cancelled."
    assert task.cancelled(), f"The {what} made something else of being cancelled."
    await server.until(lambda server: server.busy == 0)
    left = {task for task in asyncio.all_tasks() - before if "aiohttp" not in repr(task)}
    assert not left, f"The {what} left tasks behind: {left}"
