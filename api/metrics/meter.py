"""Read the numbers of a process and of its database: seldom enough that no reader can load the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from api.metrics.numbers import Numbers
from engine.clock import AgreedClock
from engine.contract.lazy import Lazy
from engine.errors import ChappeError
from engine.store.gauges import gauges
from engine.store.unit import pool_of

if TYPE_CHECKING:
    from api.metrics import exposition
    from engine.run.core import Core
    from engine.store.gauges import Gauges
else:
    exposition = Lazy("api.metrics.exposition")  # a tenth of a second that only who is watched pays

log = structlog.get_logger()

FRESH_S: Final = 10.0
"""For so long an answer of the database serves everybody."""

PATIENCE_S: Final = 5.0


class Meter:
    """Makes the page for Prometheus."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._turn = asyncio.Lock()
        self._asked: float | None = None
        self._gauges: Gauges | None = None
        self._age = 0.0

    async def page(self, accept: str = "") -> tuple[bytes, str]:
        """Return the page, in the form that the reader takes, and the name of the form."""
        return await asyncio.to_thread(exposition.page, await self.numbers(), accept)

    async def numbers(self) -> Numbers:
        """Return the numbers: of the process as they are, of the database as they were some seconds ago at most."""
        core = self._core
        async with self._turn:
            now = core.clock.monotonic()
            if self._asked is None or now - self._asked >= FRESH_S:
                await self._ask()
                self._asked = now
        resting = core.breakers.resting(core.clock.monotonic())
        ahead = core.clock.ahead.total_seconds() if isinstance(core.clock, AgreedClock) else None
        return Numbers(core.tally.copied(), resting, pool_of(core.store), self._gauges, self._age, ahead)

    async def _ask(self) -> None:
        now = self._core.clock.now()
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = self._gauges = await self._core.store.read(gauges, now)
        except (ChappeError, TimeoutError) as error:
            log.warning("The database cannot be measured.", error=str(error) or f"No answer in {PATIENCE_S:.0f} s.")
            self._gauges = None
            return
        self._age = max(0.0, (now - found.oldest).total_seconds()) if found.oldest is not None else 0.0
