"""A time limit that stands still while a document is with the worker, which has a limit of its own for each.

The worker takes one document at a time: four that never end hold it for 80 s, and who waits for it is not late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import Timeout
    from collections.abc import Callable

    from engine.run.core import Core

T = TypeVar("T")


async def parsed(core: Core, limit: Timeout, function: Callable[..., T], *args: Any) -> T:
    """Return what the worker makes of a document, and move the limit on by the time that this took."""
    ends, begun = limit.when(), core.clock.monotonic()
    if ends is None:  # it stands still already
        return await core.offload.run(function, *args)
    limit.reschedule(None)
    try:
        return await core.offload.run(function, *args)
    finally:
        limit.reschedule(ends + core.clock.monotonic() - begun)
