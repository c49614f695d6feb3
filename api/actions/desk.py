"""Where a person decides in a process that sends nothing itself: the one that does finds it at its next tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model.post import Content
from engine.store import deliveries
from engine.store import mappings as mapping_rows
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.graph import Graph
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

    def cancel(self, kinds: Collection[Kind]) -> None:
        """Do nothing: nothing runs here."""

    async def stop(self) -> None:
        """End at once."""


@dataclass(slots=True)
class Desk:
    """What a person's decision needs."""

    store: Store
    clock: Clock
    wake: WakeQueue
    registry: Registry

    async def content(self, content_id: str) -> Content:
        """Return a rendered content."""
        return Content.model_validate_json(await self.store.read(deliveries.document_of, content_id))

    async def graph(self, version_id: str) -> Graph:
        """Return the graph of a version; raises MappingError where it can no longer be read."""
        return compile_document(await self.store.read(mapping_rows.document, version_id), self.registry)
