"""A small world for routing: a workspace, a source with posts, mappings that the test draws, people with accounts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from engine.contract.registry import Registry
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.post import Post
from engine.offload import Offload
from engine.run.core import Core, RunSettings
from engine.run.hold import release
from engine.run.route import route
from engine.store import accounts, consents, holds, mappings, people, posts, routes, traces, workspaces
from engine.store import tables as t
from engine.store.accounts import AccountRow
from engine.store.joins import Reading
from engine.store.ledger import Ledger, ledger
from engine.store.mappings import Draft
from engine.store.people import Person
from engine.store.posts import Incoming, Placed
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake
from engine.vault import Vault
from tests.engine.sample_graph import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Executable

    from engine.graph import Graph
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from engine.wake import Kind

T = TypeVar("T")
WORKSPACE = "0" * 32


def _ambassadors(connection: Connection, names: list[str], terms: Terms | None, now: datetime) -> list[str]:
    if not people.listed_groups(connection, WORKSPACE):
        people.add_group(connection, WORKSPACE, "ambassadors")
    made = []
    for name in names:
        person_id, account_id = new_id(), new_id()
        people.add(connection, Person(person_id, WORKSPACE, name, now))
        accounts.add(connection, AccountRow(account_id, WORKSPACE, f"{name}-board", "board", now, person_id=person_id))
        if terms is not None:
            consents.give(connection, WORKSPACE, person_id, account_id, terms, now)
        people.enter(connection, WORKSPACE, "ambassadors", [person_id])
        made.append(account_id)
    return made


def _execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


@dataclass
class Routing:
    """The parts, and short ways to fill and read the tables."""

    store: Store
    clock: FakeClock
    settings: RunSettings = field(default_factory=RunSettings)
    graphs: dict[str, Graph] = field(default_factory=dict)
    mapping_ids: dict[str, str] = field(default_factory=dict)
    source_id: str = ""

    def __post_init__(self) -> None:
        self.wake = RecordingWake()
        self.core = Core(
            store=self.store, http=HttpClient(), offload=Offload(), vault=Vault(None), clock=self.clock,
            registry=Registry([]), wake=self.wake, compile=self.graphs.__getitem__, random=random.Random(1),
            worker="test", settings=self.settings,
        )  # fmt: skip

    async def do(self, unit: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return await self.store.write(unit, WORKSPACE, *args, **kwargs)

    async def begin(self, *graphs: Graph) -> Routing:
        self.clock.advance_to(NOW)
        await self.store.write(workspaces.create, Workspace(WORKSPACE, "acme", "", self.clock.now()))
        for drawn in graphs:
            await self.apply(drawn)
        return self

    async def apply(self, drawn: Graph) -> str:
        """Save a graph as the newest version of its mapping and activate it; returns the version."""
        document = f"document {len(self.graphs)}"
        self.graphs[document] = drawn
        now = self.clock.now()
        saved = await self.do(mappings.save_version, Draft(drawn.mapping, drawn.title, document, document), now)
        readings = [
            Reading(node.name, "letters", f"letters of {node.name}", "{}", node.every, first_run=node.first_run)
            for node in drawn.sources.values()
        ]
        joined = await self.do(mappings.activate, saved.version_id, drawn.title, readings, now)
        self.mapping_ids[drawn.mapping] = saved.mapping_id
        self.source_id = joined.sources.get("page", self.source_id)
        return saved.version_id

    async def post(
        self, text: str = "Nous recrutons", age: timedelta | None = None, *, state: str = posts.NEW, **more: Any
    ) -> str:
        """Keep a new post of the source, seen now."""
        now = self.clock.now()
        post_id = new_id()
        made = Post(key=post_id, text=text, published_at=now - age if age else None, **more)
        incoming = Incoming(
            post_id, made.key, made.content_hash, made.fingerprint, None, made.model_dump_json(), made.published_at
        )
        await self.do(posts.insert, self.source_id, [Placed(incoming, state, "")], now)
        return post_id

    async def account(self, name: str, platform: str = "board", person: str | None = None) -> str:
        account_id = new_id()
        row = AccountRow(account_id, WORKSPACE, name, platform, self.clock.now(), person_id=person)
        await self.store.write(accounts.add, row)
        return account_id

    async def ambassador(self, name: str, terms: Terms | None = None) -> str:
        """Add a person of the group `ambassadors` with an account of the board; with terms, that person consented."""
        (account_id,) = await self.store.write(_ambassadors, [name], terms, self.clock.now())
        return account_id

    async def audience(self, size: int) -> list[str]:
        names = [f"person {number:04}" for number in range(size)]
        return await self.store.write(_ambassadors, names, FREE, self.clock.now())

    async def execute(self, statement: Executable) -> None:
        await self.store.write(_execute, statement)

    async def rows(self, table: Any, *columns: str) -> list[tuple[Any, ...]]:
        query = select(*[table.c[name] for name in columns]).order_by(table.c.id)
        return await self.store.read(lambda connection: [tuple(row) for row in connection.execute(query)])

    async def deliveries(self, *columns: str) -> list[tuple[Any, ...]]:
        return await self.rows(t.deliveries, *columns)

    async def told(self, post_id: str) -> list[tuple[str, str, str]]:
        """Return the traces of a post: node, word, sentence."""
        found = await self.store.read(traces.of_post, WORKSPACE, post_id)
        return [(one.node, one.what, one.sentence) for one in found]

    async def ledger(self) -> Ledger:
        return await self.store.read(ledger, WORKSPACE)

    async def route(self, post_id: str) -> None:
        await route(self.core, post_id)

    async def release(self, node: str, mapping: str = "company-news") -> object:
        return await release(self.core, holds.key_of(self.mapping_ids[mapping], node))

    async def due_posts(self) -> list[str]:
        """Return what the due tick would wake for routing."""
        new = await self.store.read(posts.unrouted, 100)
        return [*new, *await self.store.read(routes.unfinished, 100)]

    async def due_nodes(self, now: datetime | None = None) -> list[str]:
        keys = await self.store.read(holds.due, now or self.clock.now(), 100)
        names = {mapping_id: name for name, mapping_id in self.mapping_ids.items()}
        return [f"{names[mapping_id]}:{node}" for mapping_id, _, node in (key.partition(":") for key in keys)]

    def woken(self, kind: Kind) -> list[str]:
        return [key for asked, key in self.wake.woken if asked == kind]


FREE = Terms(mode=Mode.POST_FOR_ME)


class OvertakenStore:
    """A store in which another worker is quicker: just before the first transaction, it releases the same node."""

    def __init__(self, world: Routing, node: str) -> None:
        self.dialect, self.read, self.close = world.store.dialect, world.store.read, world.store.close
        self._world, self._node, self._overtaken = world, node, False

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        if not self._overtaken:
            self._overtaken = True
            await self._world.release(self._node)
        return await self._world.store.write(unit, *args, **kwargs)
