"""The run as a whole: what starts, in which order, and what stops. Collaborators are handed in (`api/wiring.py`)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from engine.errors import ChappeError
from engine.run.deliver import Deliverer
from engine.run.gate import Gate
from engine.run.hold import release
from engine.run.poll import poll
from engine.run.route import route
from engine.run.sweep import sweep, tick
from engine.schedule import Schedule
from engine.store import workspaces
from engine.store.lock import begin_generation
from engine.vault import VaultLockedError
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.run.core import Core
    from engine.store.unit import Store
    from engine.vault import Vault

log = structlog.get_logger()

POLLS, ROUTES, RELEASES, DRAINS = 16, 1, 8, 64
"""How much of each work this process does at once; posts are routed one by one, so that they go out in order."""

KEY_FINGERPRINT = "key_fingerprint"


class Runtime:
    """Polls, routes, holds and delivers until it is stopped."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.deliverer = Deliverer(core, Gate(core))
        self.schedule = Schedule(tick=self._guarded("tick", tick), sweep=self._guarded("sweep", sweep))
        self.ready = False
        self._work: asyncio.Task[None] | None = None
        dispatch = core.wake
        dispatch.on(Kind.POLL, partial(poll, core), POLLS)
        dispatch.on(Kind.ROUTE, partial(route, core), ROUTES)
        dispatch.on(Kind.RELEASE, partial(release, core), RELEASES)
        dispatch.on(Kind.DRAIN, self.deliverer.drain, DRAINS)

    async def start(self) -> None:
        """Begin: the key fits, leases of an earlier process are over, work is taken, and the clock ticks.

        Raises VaultLockedError when the key file is not the one that this database was sealed with.
        """
        core = self.core
        await keep_key(core.store, core.vault)
        await core.http.start()
        if core.store.dialect == "sqlite":  # one process holds the file: whatever an earlier one had leased is free
            await core.store.write(begin_generation, core.clock.now())
        await sweep(core)
        self._work = asyncio.create_task(core.wake.run(), name="dispatch")
        await tick(core)
        self.schedule.start()
        self.ready = True

    async def stop(self) -> None:
        """End: no new work, sends that are under way finish, every connection closes."""
        self.ready = False
        self.deliverer.stopping = True
        await self.schedule.stop()
        if self._work is not None:
            await self.core.wake.stop()
            with suppress(asyncio.CancelledError):
                await self._work
        await self.core.http.stop()
        await self.core.offload.stop()
        await self.core.store.close()

    def _guarded(self, name: str, job: Callable[[Core], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Keep the clock ticking through a database that is away: the next tick tries again."""

        async def run() -> None:
            try:
                await job(self.core)
            except ChappeError as error:
                log.warning("The clock's work failed and is tried again.", job=name, error=str(error))

        return run


async def keep_key(store: Store, vault: Vault) -> None:
    """Remember which key file this database was sealed with, and refuse any other: raises VaultLockedError."""
    kept = await store.read(workspaces.instance_value, KEY_FINGERPRINT)
    if kept is None:
        await store.write(workspaces.set_instance_value, KEY_FINGERPRINT, vault.fingerprint())
    elif not vault.holds(kept):
        message = (
            "The key file is not the one that this database was sealed with: nothing is published. "
            "Set CHAPPE_KEY_FILE to the right file, or restore it from your backup."
        )
        raise VaultLockedError(message)
