"""The run as a whole: what starts, in which order, and what stops. Collaborators are handed in (`api/wiring.py`)."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack
from datetime import time
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import structlog

from engine.errors import ChappeError
from engine.run.agree import Agreement
from engine.run.deliver import Deliverer
from engine.run.gate import Gate
from engine.run.hold import release
from engine.run.hub import subscribe
from engine.run.jumps import Jumps
from engine.run.mail import send
from engine.run.poll import Poller
from engine.run.renew import recover, renew, settle
from engine.run.retire import retire
from engine.run.route import route
from engine.run.supply import PICKS, Supply
from engine.run.sweep import sweep, tick
from engine.schedule import Schedule
from engine.store import events, holds, home, restoring, routes, webhooks, workspaces
from engine.store.lock import begin_generation
from engine.vault import VaultLockedError
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.run.core import Core
    from engine.store import Connection
    from engine.store.unit import Store
    from engine.vault import Vault
    from engine.wake import Again

log = structlog.get_logger()

POLLS, ROUTES, RELEASES, RENEWALS, SYNCS, MAILS, CALLS, HUBS = 16, 1, 8, 8, 2, 4, 4, 2
"""How much of each work this process does at once; posts are routed one by one, so that they go out in order."""

FINISH_WITHIN_S = 17.0
"""How long sends that are under way may take at the end: a send has 15 s, and all must have ended within 20."""

BREAKABLE = (Kind.POLL, Kind.ROUTE, Kind.RELEASE, Kind.SYNC, Kind.CALL, Kind.HUB)
"""What is cancelled at the end without waiting: begun anew at the next start, it loses and doubles nothing."""

RETIRE_AT = time(3, 30)
"""When old rows are deleted, in UTC."""

KEY_FINGERPRINT = "key_fingerprint"


SELDOM = (50_000, 20, 20)
"""When the garbage collector looks: what a delivery makes ends with its last reference, without it."""


def spare_collector() -> None:
    """Let the garbage collector of this process look seldom, and never at what is loaded by now: for its start.

    A sixth of a delivery's CPU went into looking at what is in use (2026-11-22).
    """
    gc.freeze()
    gc.set_threshold(*SELDOM)


class WorkEndedError(ChappeError):
    """The work ended though nobody stopped it: the process must end, and be started again."""


class Runtime:
    """Polls, routes, holds and delivers until it is stopped.

    `sync` applies what a repository of mappings holds, `call` tells the address of a webhook what happened.

    On PostgreSQL there may be several of these, each in a process of its own, and all do the same, by the time of the
    database. They take no turns at it, because nothing that they do by the clock does harm when it is done twice: a
    tick only reads, and wakes what others have woken already; tellings, the sweep and what retires change rows that
    they lock or name by the state that they leave, so that of two the second finds nothing.
    """

    def __init__(
        self,
        core: Core,
        sync: Callable[[str], Awaitable[None]] | None = None,
        call: Callable[[str], Awaitable[Again | None]] | None = None,
    ) -> None:
        self.core = core
        self.deliverer = Deliverer(core, Gate(core))
        self.poller = Poller(core)
        self.jumps = Jumps(core.clock)
        self.agreement = Agreement(core)
        self.schedule = Schedule(tick=self._guarded("tick", self._tick), sweep=self._guarded("sweep", self._sweep))
        self.schedule.daily("retire", RETIRE_AT, "UTC", self._guarded("retire", retire))
        self._work: asyncio.Task[None] | None = None
        self._take_up(sync, call)

    def _take_up(
        self,
        sync: Callable[[str], Awaitable[None]] | None,
        call: Callable[[str], Awaitable[Again | None]] | None,
    ) -> None:
        """Say what is done when work of a kind is taken.

        Of each a row is taken first, so that a key in two processes at once is worked on in one: a lane, a source, a
        grant, a mail, a webhook, a repository, a hub. A route and a hold are taken when they are written.
        """
        core, dispatch = self.core, self.core.wake
        dispatch.on(Kind.POLL, self.poller.poll, POLLS)
        dispatch.on(Kind.ROUTE, partial(route, core), ROUTES)
        dispatch.on(Kind.RELEASE, partial(release, core), RELEASES)
        dispatch.on(Kind.RENEW, partial(renew, core), RENEWALS)
        dispatch.on(Kind.DRAIN, Supply(core, self.deliverer.drain).drain, PICKS)
        dispatch.on(Kind.MAIL, partial(send, core), MAILS)
        dispatch.on(Kind.HUB, partial(subscribe, core), HUBS)
        if sync is not None:
            dispatch.on(Kind.SYNC, sync, SYNCS)
        if call is not None:
            dispatch.on(Kind.CALL, call, CALLS)

    async def start(self) -> None:
        """Begin: the key fits, leases of an earlier process are over, work is taken, and the clock ticks.

        Raises VaultLockedError when the key file is not the one that this database was sealed with, StoreError where it
        was read back from a dump and not reconciled. What a start that fails had opened is closed again.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        core = self.core
        await open_up(core)
        if core.store.dialect == "sqlite":  # one process holds the file: whatever an earlier one had leased is free
            # (on PostgreSQL others may hold leases: theirs end by themselves)
            await core.store.write(begin_generation, core.clock.now())
        await core.store.write(_try_again)
        await core.store.write(_go_on_telling)
        await sweep(core)
        self._work = asyncio.create_task(core.wake.run(), name="dispatch")
        await tick(core)
        self.schedule.start()

    @property
    def working(self) -> bool:
        """Whether work is taken."""
        return self._work is not None and not self._work.done()

    async def broken(self) -> NoReturn:
        """Wait until the work ends; raises WorkEndedError. It only ends by itself when something is very wrong."""
        if self._work is None:
            raise WorkEndedError("The work has not begun.")
        await asyncio.wait([self._work])
        cause = None if self._work.cancelled() else self._work.exception()
        name = f" ({type(cause).__name__})" if cause else ""
        raise WorkEndedError(
            f"The work ended by itself{name}: nothing would be polled or sent any more. Start Chappe again, or let "
            "what supervises it do so; nothing is lost."
        ) from cause

    async def stop(self) -> None:
        """End: no new work, sends that are under way finish, every connection closes, whatever else fails."""
        self.deliverer.stopping = True
        async with AsyncExitStack() as closing:  # the last one is called first
            closing.push_async_callback(self.core.store.close)
            closing.push_async_callback(self.core.offload.stop)
            closing.push_async_callback(self.core.http.stop)
            closing.push_async_callback(self.poller.settle)
            closing.push_async_callback(self._end_work)
            closing.push_async_callback(self.schedule.stop)

    async def _end_work(self) -> None:
        """Let sends finish for a while; what still runs then is cancelled, and doubtful when its lease ends."""
        if self._work is None:
            return
        wake = self.core.wake
        wake.cancel(BREAKABLE)
        ended = asyncio.create_task(self._finished())
        late = asyncio.create_task(self.core.clock.sleep(FINISH_WITHIN_S))
        try:
            await asyncio.wait([ended, late], return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            wake.cancel(tuple(Kind))
            await asyncio.gather(ended, late, self._work, return_exceptions=True)

    async def _finished(self) -> None:
        """Wait for what runs, and for renewals whose askers have gone."""
        await self.core.wake.stop()
        await settle(self.core)

    async def _tick(self, core: Core) -> None:
        self.jumps.look()
        await tick(core)

    async def _sweep(self, core: Core) -> None:
        await self.agreement.keep()
        await sweep(core)

    def _guarded(self, name: str, job: Callable[[Core], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Keep the clock ticking through a database that is away: the next tick tries again."""

        async def run() -> None:
            try:
                await job(self.core)
            except ChappeError as error:
                log.warning("The clock's work failed and is tried again.", job=name, error=str(error))

        return run


class Front:
    """The process that only answers people: its wakes are heard by those that work.

    `schedule` tells, as that of a runtime does, whether the process has started; only the time is looked after here.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.schedule = Open()
        self._agreeing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer; raises as a runtime does."""
        try:
            await open_up(self.core)
        except BaseException:
            await self.stop()
            raise
        self._agreeing = asyncio.create_task(Agreement(self.core).go_on(), name="agreement")
        self.schedule.running = True

    @property
    def working(self) -> bool:
        """Whether the process does what it is for."""
        return self.schedule.running

    async def broken(self) -> NoReturn:
        """Wait for ever: no work can end here."""
        while True:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        """End: renewals that were begun for somebody are heard, and every connection closes."""
        self.schedule.running = False
        if self._agreeing is not None:
            self._agreeing.cancel()
            await asyncio.wait([self._agreeing])
        async with AsyncExitStack() as closing:  # the last one is called first
            closing.push_async_callback(self.core.store.close)
            closing.push_async_callback(self.core.offload.stop)
            closing.push_async_callback(self.core.http.stop)
            closing.push_async_callback(self.core.wake.stop)
            closing.push_async_callback(settle, self.core)


class Open:
    """Whether a process has started."""

    running = False


async def open_up(core: Core) -> None:
    """Open what every process needs, once the key fits."""
    await keep_key(core.store, core.vault)
    await core.store.write(home.keep, KEY_FINGERPRINT)
    core.restored_at = await core.store.read(restoring.restored_at)
    core.restored_from = await core.store.read(restoring.restored_from)
    await core.http.start()
    await recover(core)  # what another process of this folder has just kept is the same in the database


def _try_again(connection: Connection) -> None:
    """Try once more what was put aside: after an upgrade, the same version of a mapping may do better.

    Each process that starts lets it be tried once.
    """
    routes.retry_stuck(connection)
    holds.retry_stuck(connection)


def _go_on_telling(connection: Connection) -> None:
    """Go on at the same event, also in a database that was restored on another server.

    In a database that others write to it changes nothing: no event that can be seen lies beyond the transactions.
    """
    webhooks.restored(connection)
    events.settle(connection)


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
