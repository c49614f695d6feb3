"""Hint: a platform says that something happened; the sources that read there are polled now, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.store import sources
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.wake import WakeQueue


class Waking(Protocol):
    """What a hint needs of the run."""

    store: Store
    clock: Clock
    wake: WakeQueue


async def hint(core: Waking, workspace_id: str, platform: str, remote_ids: Sequence[str]) -> int:
    """Poll what reads the accounts with these remote ids, and return how many sources those are."""
    now = core.clock.now()
    due = await core.store.write(sources.poll_accounts_now, workspace_id, platform, remote_ids, now)
    if due:
        await core.wake.wake(Kind.POLL, due)
    return len(due)
