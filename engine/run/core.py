"""What every verb of the run is handed: the database, the network, the clock, the kinds, and the wake."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.model.permit import Caps
from engine.model.post import Content
from engine.run.breaker import Breakers
from engine.run.keepsake import Keepsakes
from engine.run.tally import Tally
from engine.store import deliveries as delivery_rows
from engine.store import mappings as mapping_rows

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.graph import Graph
    from engine.http_client import HttpClient
    from engine.offload import Offload
    from engine.run.letters import Office
    from engine.store.grants import Grant
    from engine.store.unit import Store
    from engine.vault import Vault
    from engine.wake import WakeQueue

T = TypeVar("T")
KEPT = 2_000


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The engine's own times and guards; each has the value of the design unless a setting changes it."""

    send_timeout: timedelta = timedelta(seconds=15)
    lease: timedelta = timedelta(seconds=45)
    lease_reserve: timedelta = timedelta(seconds=30)
    quarantine: timedelta = timedelta(seconds=120)
    second_look: timedelta = timedelta(seconds=60)
    tries: int = 6
    flood_new: int = 5
    flood_window: int = 6
    chunk: int = 1_000
    echo_window: timedelta = timedelta(days=7)
    drain_slice: timedelta = timedelta(seconds=5)
    company_per_hour: int | None = None
    company_per_day: int | None = None
    public_url: str = ""


@dataclass(slots=True)
class Core:
    """The run's collaborators.

    `compile` turns a saved document into a graph; `worker` names this process; `renewing` are the renewals under way,
    by account; without `office` no mail can be sent. `restored_at` is when the database was restored from a backup,
    which was made at `restored_from`.
    """

    store: Store
    http: HttpClient
    offload: Offload
    vault: Vault
    clock: Clock
    registry: Registry
    wake: WakeQueue
    compile: Callable[[str], Graph]
    random: random.Random
    worker: str
    settings: RunSettings = field(default_factory=RunSettings)
    keepsakes: Keepsakes = field(default_factory=Keepsakes)
    breakers: Breakers = field(default_factory=Breakers)
    tally: Tally = field(default_factory=Tally)
    renewing: dict[str, asyncio.Task[Grant]] = field(default_factory=dict)
    office: Office | None = None
    restored_at: datetime | None = None
    restored_from: datetime | None = None
    _graphs: _Kept[Graph] = field(init=False)
    _contents: _Kept[Content] = field(init=False)

    def __post_init__(self) -> None:
        self._graphs = _Kept(self._load_graph)
        self._contents = _Kept(self._load_content)

    @property
    def company(self) -> Caps:
        """How often an account without a person may publish."""
        return Caps(self.settings.company_per_hour, self.settings.company_per_day)

    async def content(self, content_id: str) -> Content:
        """Return a rendered content: written once, shared by its deliveries."""
        return await self._contents.get(content_id)

    async def _load_content(self, content_id: str) -> Content:
        return Content.model_validate_json(await self.store.read(delivery_rows.document_of, content_id))

    async def _load_graph(self, version_id: str) -> Graph:
        return self.compile(await self.store.read(mapping_rows.document, version_id))

    async def graph(self, version_id: str) -> Graph:
        """Return the graph of an immutable version, compiled once."""
        return await self._graphs.get(version_id)


class _Kept(Generic[T]):
    """What was loaded last, by key: many ask for the same at once, and one of them loads it."""

    def __init__(self, load: Callable[[str], Awaitable[T]]) -> None:
        self._load = load
        self._values: OrderedDict[str, T] = OrderedDict()
        self._loading: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        """Return what is kept, else load it; the longest unused goes first."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        if key not in self._loading:
            self._loading[key] = asyncio.create_task(self._keep(key))
        return await asyncio.shield(self._loading[key])  # who stops waiting does not stop it for the others

    async def _keep(self, key: str) -> T:
        try:
            value = self._values[key] = await self._load(key)
        finally:
            del self._loading[key]
        if len(self._values) > KEPT:
            self._values.popitem(last=False)
        return value
