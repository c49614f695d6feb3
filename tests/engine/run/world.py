"""A small world for the run: a workspace, accounts, one mapping with one scripted sink, and deliveries."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.contract.sink import Receipt, Sink
from engine.graph import Graph, SinkNode
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.delivery import Doubt
from engine.model.post import Content
from engine.offload import Offload
from engine.run.core import Core, RunSettings
from engine.run.deliver import Deliverer
from engine.run.gate import Gate
from engine.store import tables as t
from engine.testing.fakes import RecordingWake
from engine.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.model.consent import Terms
    from engine.model.text import Bound
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

WORKSPACE = "0" * 32
Row = tuple[Any, dict[str, Any]]
"""A table and what its row holds."""


def row(table: Any, **values: Any) -> Row:
    """Return a row of the workspace."""
    return table, {"workspace_id": WORKSPACE, **values}


class Nothing(NodeConfig):
    """No settings."""


PERSON = frozenset({Doubt.ASK, Doubt.PROBE})
"""Whom a person settles: a probe, too, where the platform knows the same post again for no time at all."""


class ScriptedSink(Sink[Nothing]):
    """Publish as the script says.

    Each entry of `script` is an error to raise, an async function to run, or None for a receipt.
    """

    kind = "scripted"
    title = "Scripted"
    example: ClassVar[dict[str, Any]] = {}
    uploads = False

    def __init__(self, doubt: Doubt = Doubt.ASK) -> None:
        super().__init__(Nothing())
        self.class_of_doubt = doubt
        self.script: list[Any] = []
        self.looks: list[Any] = []
        self.published: list[tuple[str, bytes, str]] = []
        self.begun: list[str] = []
        self.answers: list[Any] = []
        self.comments: list[tuple[str, str]] = []

    @property
    def doubt(self) -> Doubt:
        return self.class_of_doubt

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Any) -> bytes:
        return json.dumps([content.text, account.name, attempt.key, sorted(prepared.items())]).encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        self.begun.append(ctx.attempt.id)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        if step is not None:
            await step(ctx)
        self.published.append((ctx.account.name, body, ctx.attempt.key))
        return Receipt(remote_id=ctx.attempt.key, url=f"https://example.org/{ctx.attempt.key}")

    @property
    def comment_room(self) -> tuple[Bound, ...]:
        return ((100, "characters"),)

    async def comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt:
        step = self.answers.pop(0) if self.answers else None
        if isinstance(step, BaseException):
            raise step
        self.comments.append((receipt.remote_id, text))
        return Receipt(remote_id=f"c-{receipt.remote_id}")

    async def find_comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt | None:
        return Receipt(remote_id="found") if (receipt.remote_id, text) in self.comments else None

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        step: Receipt | BaseException | None = self.looks.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


def _execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


def put(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows, those of a table together, the tables in the order in which they come."""
    together: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for table, values in rows:
        together.setdefault((table, *values), []).append(values)
    for (table, *_), several in together.items():
        connection.execute(insert(table), several)


@dataclass
class World:
    """The parts, and short ways to fill and read the tables."""

    store: Store
    clock: FakeClock
    sink: ScriptedSink = field(default_factory=ScriptedSink)
    settings: RunSettings = field(default_factory=RunSettings)
    mapping_id: str = field(default_factory=new_id)
    version_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.wake = RecordingWake()
        self.core = Core(
            store=self.store,
            http=HttpClient(),
            offload=Offload(),
            vault=Vault(None),
            clock=self.clock,
            registry=Registry([ScriptedSink]),
            wake=self.wake,
            compile=lambda _: self.graph(),
            random=random.Random(1),
            worker="test",
            settings=self.settings,
        )
        self.deliverer = Deliverer(self.core, Gate(self.core))

    def graph(self) -> Graph:
        node = SinkNode("out", self.sink, feeds=())
        return Graph(
            mapping="news", title="", zone=ZoneInfo("UTC"), max_age=timedelta(hours=24), sources={}, operators={},
            sinks={"out": node},
        )  # fmt: skip

    async def add(self, table: Any, **values: Any) -> None:
        await self.put([(table, values)])

    async def put(self, rows: Sequence[Row]) -> None:
        """Insert rows in one transaction."""
        await self.store.write(put, rows)

    async def rows(self, table: Any, *columns: str) -> list[dict[str, Any]]:
        names = columns or tuple(column.name for column in table.c)
        query = select(*[table.c[name] for name in names])
        return await self.store.read(lambda c: [dict(row) for row in c.execute(query.order_by(*names[:1])).mappings()])

    async def begin(self) -> World:
        now, self.source_id = self.clock.now(), new_id()
        source = row(
            t.sources, id=self.source_id, name="page", kind="feed", identity="x", settings="{}", every_s=60,
            created_at=now,
        )  # fmt: skip
        workspace = (t.workspaces, {"id": WORKSPACE, "name": "acme", "data_key": "", "created_at": now})
        await self.put([workspace, source, *self._mapping("news")])
        return self

    async def join(self, world: World, mapping: str) -> World:
        """Be another mapping in another's world."""
        self.source_id = world.source_id
        await self.put(self._mapping(mapping))
        return self

    def _mapping(self, name: str) -> list[Row]:
        now = self.clock.now()
        return [
            row(
                t.mappings, id=self.mapping_id, name=name, title="", state="active", version_id=self.version_id,
                created_at=now, updated_at=now,
            ),
            row(
                t.mapping_versions, id=self.version_id, mapping_id=self.mapping_id, number=1, document="", hash="",
                origin="", created_at=now,
            ),
        ]  # fmt: skip

    async def account(self, name: str, terms: Terms | None = None) -> str:
        """Add an account; with terms it is a person's who consented."""
        account_id, now = new_id(), self.clock.now()
        person_id = new_id() if terms else None
        rows = [row(t.people, id=person_id, name=name, created_at=now)] if person_id else []
        rows += [
            row(
                t.accounts, id=account_id, name=name, platform="scripted", person_id=person_id, implicit=False,
                created_at=now,
            ),
            row(t.lanes, account_id=account_id, platform="scripted", next_due_at=now),
        ]  # fmt: skip
        if terms:
            given = {"given": True, "terms": terms.model_dump_json(), "seq": 1, "updated_at": now}
            rows.append(row(t.consent_heads, account_id=account_id, person_id=person_id, **given))
        await self.put(rows)
        return account_id

    async def delivery(self, account_id: str, text: str = "Bonjour", comment: str = "", **values: Any) -> str:
        """Plan one delivery of a new post."""
        now = self.clock.now()
        post_id, route_id, content_id, delivery_id = new_id(), new_id(), new_id(), new_id()
        content = Content(text=text, post_key=post_id, comment=comment)
        fields = {
            "state": "planned", "due_at": now, "released_at": now, "max_age_s": 86_400, "sink": "out",
            "created_at": now, "updated_at": now, **values,
        }  # fmt: skip
        await self.put([
            row(
                t.posts, id=post_id, source_id=self.source_id, key=post_id, content_hash="", fingerprint="",
                document="{}", state="routed", seen_at=now, changed_at=now,
            ),
            row(
                t.routes, id=route_id, post_id=post_id, mapping_id=self.mapping_id, version_id=self.version_id,
                node="page", state="routed", created_at=now,
            ),
            row(
                t.contents, id=content_id, hash=content.content_hash, fingerprint="",
                document=content.model_dump_json(), created_at=now,
            ),
            row(
                t.deliveries, id=delivery_id, mapping_id=self.mapping_id, version_id=self.version_id,
                route_id=route_id, post_id=post_id, account_id=account_id, content_id=content_id, **fields,
            ),
        ])  # fmt: skip
        return delivery_id

    async def state(self, delivery_id: str) -> dict[str, Any]:
        query = select(t.deliveries).where(t.deliveries.c.id == delivery_id)
        return await self.store.read(lambda connection: dict(connection.execute(query).mappings().one()))

    async def execute(self, statement: Executable) -> None:
        await self.store.write(_execute, statement)

    async def drain(self, *accounts: str) -> list[Any]:
        return await asyncio.gather(*(self.deliverer.drain(account) for account in accounts))
