"""The boundary of all handled work: what a handler raises ends here, in the log."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.wake import Again, Kind

    Handler = Callable[[str], Awaitable[Again | None]]

FRAMES_LOGGED = 3

_log = structlog.get_logger(__name__)


async def asks_again(kind: Kind, handler: Handler, key: str) -> bool:
    """Run a handler; return whether it asks to be run again. What it raises ends here, in the log."""
    try:
        return await handler(key) is not None
    except Exception as error:
        said = str(error) if isinstance(error, ChappeError) else ""
        _log.error(
            "Work failed; the due tick brings it back.",
            kind=kind.value,
            key=key,
            error=type(error).__name__,
            said=said,
            at=_where(error),
        )
        return False


def _where(error: Exception) -> list[str]:
    """Return the innermost frames as `file:line function`: no values, since those may be secret."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
