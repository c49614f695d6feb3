"""The engine at work on a mapping and stored posts, without a network, by a clock that moves on by itself."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.post import Post
from engine.offload import Offload
from engine.run.core import Core
from engine.run.hold import release
from engine.run.route import route
from engine.store import accounts, consents, holds, people, posts, routes, tables, workspaces
from engine.store.accounts import AccountRow
from engine.store.people import Person
from engine.store.posts import Incoming, Known, Placed, Revised
from engine.store.unit import open_store
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake
from engine.vault import Vault
from mappings.changing.changes import Change, apply
from mappings.changing.planning import plan
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from mappings.rehearsal.replay import Replay

START = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEMBERS = ("Ada", "Bo", "Cy", "Di")


class Live:
    """The engine at work on stored posts, by a clock that moves from one thing that is due to the next."""

    def __init__(self, store: Store, clock: FakeClock, registry: Registry) -> None:
        self.store, self.clock, self.registry = store, clock, registry
        self.workspace = new_id()
        self.source = ""
        self.core = self._core()

    def _core(self) -> Core:
        return Core(
            store=self.store, http=HttpClient(), offload=Offload(), vault=Vault(None), clock=self.clock,
            registry=self.registry, wake=RecordingWake(), random=random.Random(1), worker="test",
            compile=lambda document: compile_document(document, self.registry),
        )  # fmt: skip

    async def restart(self, url: str) -> None:
        """End, and begin anew on the same database."""
        await self.store.close()
        self.store = open_store(url)
        self.core = self._core()

    async def begin(self, text: str) -> None:
        self.text = text
        self.clock.advance_to(START)
        await self.store.write(_cast, self.workspace, START)
        outcome = await apply(self.store, self.registry, self.clock, Change(self.workspace, {"news.yaml": text}))
        self.source = outcome.source_ids[0]

    async def until(self, moment: datetime) -> None:
        """Let the nodes go on as they want to, until then."""
        while (now := await self.store.read(_next)) is not None and now <= moment:
            self.clock.advance_to(max(now, self.clock.now()))
            for key in await self.store.read(holds.due, self.clock.now(), 100):
                await release(self.core, key)
            for post_id in await self.store.read(routes.unfinished, 100):  # what a digest has made
                await route(self.core, post_id)
        self.clock.advance_to(moment)

    async def arrive(self, at: datetime, key: str, text: str) -> None:
        await self.until(at)
        incoming = _incoming(key, text, at)
        await self.store.write(posts.insert, self.workspace, self.source, [Placed(incoming, posts.NEW, "")], at)
        await route(self.core, incoming.id)

    async def change(self, at: datetime, key: str, text: str) -> None:
        await self.until(at)
        known = (await self.store.read(posts.known, self.source, [key]))[key]
        revised = [Revised(Known(*known), _incoming(key, text, at), new_id())]
        await self.store.write(posts.revise, revised, at)

    async def replayed(self, text: str = "", back: timedelta = timedelta(days=7)) -> Replay:
        change = Change(self.workspace, {"news.yaml": text or self.text})
        made = await plan(self.store, self.registry, self.clock, change, replay=back)
        [mapping] = made.mappings
        assert mapping.replay is not None
        return mapping.replay


def _incoming(key: str, text: str, at: datetime) -> Incoming:
    post = Post(key=key, text=text, published_at=at)
    return Incoming(new_id(), key, post.content_hash, post.fingerprint, None, post.model_dump_json(), at)


def _cast(connection: Connection, workspace: str, now: datetime) -> None:
    workspaces.create(connection, Workspace(workspace, "acme", "", now))
    accounts.add(connection, AccountRow(new_id(), workspace, "acme-hook", "webhook", now))
    people.add_group(connection, workspace, "ambassadors")
    for name in MEMBERS:
        person = new_id()
        people.add(connection, Person(person, workspace, name, now))
        people.enter(connection, workspace, "ambassadors", [person])
        for account, platform in ((f"{name}-hook", "webhook"), (f"{name}-x", "x")):
            row = AccountRow(new_id(), workspace, account, platform, now, person_id=person)
            accounts.add(connection, row)
            if name != "Cy":
                consents.give(connection, workspace, person, row.id, Terms(mode=Mode.POST_FOR_ME), now)


def _next(connection: Connection) -> datetime | None:
    """Return when the next node is due."""
    waiting = tables.holds.c.state == holds.HELD
    at_once: datetime | None = connection.scalar(
        select(func.min(tables.holds.c.since)).where(waiting, tables.holds.c.until.is_(None))
    )
    later: datetime | None = connection.scalar(select(func.min(tables.holds.c.until)).where(waiting))
    return at_once or later


def went(connection: Connection, since: datetime = START) -> list[tuple[Any, ...]]:
    """Return what was planned since then and not kept back: post, sink, account, round, when due, and the words."""
    rows, of, said = tables.deliveries, tables.accounts, tables.contents
    query = (
        select(rows.c.post_id, rows.c.sink, of.c.name, rows.c.round, rows.c.due_at, said.c.document)
        .join(of, of.c.id == rows.c.account_id)
        .join(said, said.c.id == rows.c.content_id)
        .where(rows.c.created_at >= since, rows.c.state == "planned")
    )
    return sorted(tuple(row) for row in connection.execute(query))
