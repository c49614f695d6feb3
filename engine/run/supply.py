"""Supply: lanes are woken as fast as drains end, though a tick wakes only so many of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.store import due
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.run.core import Core
    from engine.wake import Again

LOOK_AFTER = 400
"""Drains that end before a look for more: less than a tick wakes of one workspace, so that none is idle meanwhile."""


class Supply:
    """Drains, and after so many ended drains wakes what is due, as the tick does: round-robin over the workspaces."""

    def __init__(
        self, core: Core, drain: Callable[[str], Awaitable[Again | None]], *, look_after: int = LOOK_AFTER
    ) -> None:
        self._core = core
        self._drain = drain
        self._look_after = look_after
        self._ended = 0

    async def drain(self, account_id: str) -> Again | None:
        """Drain an account."""
        again = await self._drain(account_id)
        self._ended += 1
        if self._ended >= self._look_after:
            self._ended = 0
            accounts = await self._core.store.read(due.accounts, self._core.clock.now())
            await self._core.wake.wake(Kind.DRAIN, accounts)
        return again
