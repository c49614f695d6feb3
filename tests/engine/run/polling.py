"""A small world for polls: a workspace, a source that answers by script, and mappings that read it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import select, text

from connectors.feed.source import Feed
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.contract.source import Batch, Source
from engine.graph import FirstRun
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.post import Post
from engine.offload import Offload
from engine.run.core import Core, RunSettings
from engine.run.poll import Poller
from engine.store import mappings, sources, tables, workspaces
from engine.store.joins import Reading
from engine.store.mappings import Draft
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.contract.context import SourceContext
    from engine.store.sources import SourceRow
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

EVERY = timedelta(minutes=15)
SCRIPT: list[Any] = []
"""What the next polls find: a batch, an error to raise, or an async function of the context that gives a batch."""
ASKED: list[str | None] = []
"""The cursors that the source was asked from."""


class ScriptedConfig(NodeConfig):
    """One setting."""

    place: str = "here"


class Scripted(Source[ScriptedConfig]):
    """Answer as the script says."""

    kind = "scripted"
    title = "Scripted"
    example: ClassVar[dict[str, Any]] = {}

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        ASKED.append(cursor)
        step = SCRIPT.pop(0)
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, Batch):
            return step
        answer: Batch = await step(ctx)
        return answer


def batch(*names: str, cursor: str = "c", **fields: Any) -> Batch:
    """Return a batch of posts with these keys; the window is their number unless another is given."""
    posts = tuple(Post(key=name, text=f"Words of {name}.") for name in names)
    found: dict[str, Any] = {"posts": posts, "cursor": cursor, "window": len(posts)}
    return Batch(**found | fields)


@dataclass
class World:
    """The parts, and short ways to fill and read the tables."""

    store: Store
    clock: FakeClock
    http: HttpClient = field(default_factory=HttpClient)
    workspace: str = field(default_factory=new_id)
    offload: Offload = field(default_factory=Offload)

    def __post_init__(self) -> None:
        SCRIPT.clear()
        ASKED.clear()
        self.wake = RecordingWake()
        self.core = Core(
            store=self.store,
            http=self.http,
            offload=self.offload,
            vault=None,  # type: ignore[arg-type]  # no account is opened here
            clock=self.clock,
            registry=Registry([Scripted, Feed]),
            wake=self.wake,
            compile=lambda _: None,  # type: ignore[arg-type,return-value]  # nothing is routed here
            random=random.Random(1),
            worker="test",
            settings=RunSettings(),
        )
        self.poller = Poller(self.core)

    async def begin(self) -> World:
        await self.store.write(workspaces.create, Workspace(self.workspace, "acme", "", self.clock.now()))
        return self

    async def join(
        self, mapping: str = "news", first_run: FirstRun | None = None, *, kind: str = "scripted", settings: str = "{}"
    ) -> str:
        """Let a mapping read the source; returns the source's id."""
        draft = Draft(mapping, "", "…", new_id())
        saved = await self.store.write(mappings.save_version, self.workspace, draft, self.clock.now())
        reading = Reading("page", kind, f"{kind}:{settings}", settings, EVERY, first_run=first_run or FirstRun())
        joined = await self.store.write(
            mappings.activate, self.workspace, saved.version_id, "", [reading], self.clock.now()
        )
        return joined.sources["page"]

    async def poll(self, source_id: str, *script: Any) -> SourceRow:
        """Let the source be due and poll it once, as the script says; returns its row."""
        SCRIPT.extend(script)
        await self.store.write(sources.poll_now, source_id, self.clock.now())
        await self.poller.poll(source_id)
        await self.poller.settle()
        return await self.row(source_id)

    async def row(self, source_id: str) -> SourceRow:
        listed = await self.store.read(sources.listed, self.workspace)
        return next(row for row in listed if row.id == source_id)

    async def states(self) -> dict[str, str]:
        """Return the state of every post by its key."""
        return {row[0]: row[1] for row in await self.rows("posts", "key", "state")}

    async def rows(self, table: str, *names: str) -> list[tuple[Any, ...]]:
        columns = [tables.metadata.tables[table].c[name] for name in names]
        query = select(*columns).order_by(*columns)
        return await self.store.read(lambda connection: [tuple(row) for row in connection.execute(query)])

    async def run(self, statement: str) -> None:
        def unit(connection: Connection) -> None:
            connection.execute(text(statement))

        await self.store.write(unit)
