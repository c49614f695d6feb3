"""Where a person decides in a process that sends nothing itself: the one that does finds it at its next tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model.post import Content
from engine.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.wake import Again, Kind, WakeQueue


class DueTick:
    """A wake that leaves everything to the due tick of the process that sends."""

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Do nothing: the rows are committed, and the tick looks at them every second."""

    def on(self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], concurrency: int) -> None:
        """Take no handler: nothing runs here."""

    async def run(self) -> None:
        """End at once."""

    async def stop(self) -> None:
        """End at once."""


@dataclass(slots=True)
class Desk:
    """What a person's decision needs."""

    store: Store
    clock: Clock
    wake: WakeQueue

    async def content(self, content_id: str) -> Content:
        """Return a rendered content."""
        return Content.model_validate_json(await self.store.read(deliveries.document_of, content_id))
