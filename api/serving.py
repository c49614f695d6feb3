"""What the web face asks, answered by the parts of a runtime."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from api.actions import standing
from engine.errors import ChappeError
from engine.store import migrate
from engine.store.overview import Overview, overview
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.vault import Vault

PATIENCE: Final = 3.0
"""Seconds that the database may take to answer."""

FRESH: Final = 1.0
"""Seconds that an answer of the database serves everybody who asks: anyone may ask, as often as they like."""


class Ticking(Protocol):
    """What tells whether a process has started and has not begun to end."""

    @property
    def running(self) -> bool:
        """Whether it is in between."""


class Look(NamedTuple):
    """What the database said at a monotonic time: the numbers, or why there are none."""

    at: float
    reason: str
    numbers: Overview | None


@dataclass(slots=True)
class RuntimeServing:
    """Looks at the database, its tables, the vault, the schedule, and whether work is taken."""

    store: Store
    vault: Vault
    schedule: Ticking
    clock: Clock
    working: Callable[[], bool]
    registry: Registry
    _look: Look | None = None
    _waits: tuple[float, int] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reasons(self) -> list[str]:
        """Return why the process cannot do its work, in sentences."""
        reasons = [(await self._database()).reason]
        if not self.vault.ready:
            reasons.append("No key file is loaded: secrets cannot be opened, so nothing is published.")
        if not self.schedule.running:
            reasons.append("The schedule does not run: the process is starting or stopping.")
        elif not self.working():
            reasons.append("The work has ended by itself, so nothing is polled or sent: the process must be restarted.")
        return [reason for reason in reasons if reason]

    async def overview(self) -> Overview:
        """Return the numbers as they were a moment ago; raises StoreError where the database cannot tell."""
        look = await self._database()
        if look.numbers is None:
            raise StoreError(look.reason)
        return look.numbers

    async def waiting(self) -> int:
        """Return how many things waited for a person a moment ago."""
        async with self._turn:
            now = self.clock.monotonic()
            if self._waits is None or now - self._waits[0] >= FRESH:
                items = await standing.waiting(self.store, self.registry, now=self.clock.now())
                self._waits = now, sum(item.count for item in items)
            return self._waits[1]

    async def _database(self) -> Look:
        async with self._turn:
            if self._look is None or self.clock.monotonic() - self._look.at >= FRESH:
                reason, numbers = await self._ask()
                self._look = Look(self.clock.monotonic(), reason, numbers)
            return self._look

    async def _ask(self) -> tuple[str, Overview | None]:
        try:
            async with asyncio.timeout(PATIENCE):
                await migrate.check_open(self.store)
                return "", await self.store.read(overview, self.clock.now())
        except TimeoutError:
            return f"The database did not answer within {PATIENCE:.0f} s.", None
        except ChappeError as error:
            return str(error), None
