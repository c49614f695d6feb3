"""Supply: drains take turns, and lanes are woken as fast as drains end, though a tick wakes only so many at once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from engine.run.breaker import Place
from engine.run.seats import Seats
from engine.store import due, lanes
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.run.core import Core
    from engine.wake import Again

LOOK_AFTER = 400
"""Drains that end before a look for more: less than a tick wakes of one workspace, so that none is idle meanwhile."""

SEATS = 256
"""Drains that run at once in this process: they wait for the network nearly all the time."""

CROWD = 512
"""So many of one place wait at most; whoever comes then is turned away, and the due tick brings him back."""

PICKS = SEATS + 3 * CROWD
"""So many wakes are taken out of the queue at once: behind a crowd of one workspace, another's are seen."""

PLACES_KEPT = 50_000


class Supply:
    """Drains in turn, and after so many ended drains wakes what is due, as the tick does."""

    def __init__(
        self, core: Core, drain: Callable[[str], Awaitable[Again | None]], *, look_after: int = LOOK_AFTER
    ) -> None:
        self._core = core
        self._drain = drain
        self._look_after = look_after
        self._ended = 0
        self._seats = Seats(SEATS, self._alone)
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._unknown: set[str] = set()
        self._asking: asyncio.Task[None] | None = None

    async def drain(self, account_id: str) -> Again | None:
        """Drain an account when it is its turn; one that is gone has nothing to drain."""
        place = await self._place(account_id)
        if place is None or self._seats.waiting(place) >= CROWD:
            return None
        async with self._seats.take(place):
            again = await self._drain(account_id)
        self._ended += 1
        if self._ended >= self._look_after:
            self._ended = 0
            accounts = await self._core.store.read(due.accounts, self._core.clock.now())
            await self._core.wake.wake(Kind.DRAIN, accounts)
        return again

    def _alone(self, place: Place) -> bool:
        return self._core.breakers.probes(place, self._core.clock.monotonic())

    async def _place(self, account_id: str) -> Place | None:
        """Return where an account publishes, which never changes; many that ask at once are looked up together."""
        if account_id not in self._places:
            self._unknown.add(account_id)
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            await asyncio.shield(self._asking)
        return self._places.get(account_id)

    async def _ask(self) -> None:
        asked, self._unknown, self._asking = self._unknown, set(), None  # whoever was picked together has asked by now
        found = await self._core.store.read(lanes.places, sorted(asked))
        self._places.update((account, Place(*place)) for account, place in found.items())
        while len(self._places) > PLACES_KEPT:
            self._places.popitem(last=False)
