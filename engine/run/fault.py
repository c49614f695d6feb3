"""What nobody foresaw while a post travelled: told in its trace, and put aside so that it stops no other post."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from engine.errors import ChappeError
from engine.ids import new_id
from engine.store.traces import Trace
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.planning import Way


def is_fault(end: object) -> TypeGuard[Exception]:
    """Tell whether work ended by a fault of its own: not by the database's trouble, nor because the process ends."""
    return isinstance(end, Exception) and not isinstance(end, StoreError)


def told_of(error: Exception) -> str:
    """Return what a person can be told of a fault."""
    return str(error) if isinstance(error, ChappeError) else f"{type(error).__name__}, a fault that the log explains."


def stuck(way: Way, node: str, error: Exception, now: datetime) -> Trace:
    """Return the trace of a post that a version of a mapping fails on."""
    sentence = f"{way.mapping} fails on this post, which waits for the mapping's next version: {told_of(error)}"
    return Trace(new_id(), way.workspace_id, way.post_id, "stuck", sentence, now, node, way.mapping_id)
