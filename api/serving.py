"""What the web face asks, answered by the parts of a runtime."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import ChappeError
from engine.store import migrate
from engine.store.overview import Overview, overview

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.schedule import Schedule
    from engine.store.unit import Store
    from engine.vault import Vault

PATIENCE: Final = 3.0
"""Seconds that the database may take to answer."""


@dataclass(frozen=True, slots=True)
class RuntimeServing:
    """Looks at the database, its tables, the vault and the schedule."""

    database_url: str
    store: Store
    vault: Vault
    schedule: Schedule
    clock: Clock

    async def reasons(self) -> list[str]:
        """Return why the process cannot do its work, in sentences."""
        reasons = [await self._database()]
        if not self.vault.ready:
            reasons.append("No key file is loaded: secrets cannot be opened, so nothing is published.")
        if not self.schedule.running:
            reasons.append("The schedule does not run: the process is starting or stopping.")
        return [reason for reason in reasons if reason]

    async def overview(self) -> Overview:
        """Return the numbers as they are now."""
        return await self.store.read(overview, self.clock.now())

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await migrate.check(self.database_url)
                await self.overview()
        except TimeoutError:
            return f"The database did not answer within {PATIENCE:.0f} s."
        except ChappeError as error:
            return str(error)
        return ""
