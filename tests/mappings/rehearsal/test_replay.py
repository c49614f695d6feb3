"""The replay: what a version did live it does again on a virtual clock, and what another would do."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.post import Post
from engine.offload import Offload
from engine.run.core import Core
from engine.run.hold import release
from engine.run.route import route
from engine.store import accounts, consents, holds, people, posts, tables, workspaces
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
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from mappings.rehearsal.replay import Replay

START = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEWS = """\
mapping: news
timezone: Europe/Paris
max_age: 7d
sources:
  blog: {kind: feed, url: https://example.org/feed, steady: 30m}
operators:
  jobs: {kind: drop, from: blog, text: {contains: lunch}}
  signed: {kind: write, from: jobs, hashtags: [Acme]}
  hours: {kind: slots, from: signed, days: [mon-fri], between: ["09:00-12:00", "14:00-18:00"]}
  calm: {kind: pace, from: hours, at_most: 2, per: 1d, gap: 90m}
sinks:
  wall: {kind: webhook, from: jobs, account: acme-hook}
  own: {kind: webhook, from: signed, url: https://hooks.example.org/in}
  people:
    kind: webhook
    from: calm
    audience: ambassadors
    spread: 2h
    variants: ["{{ post.text }}", "Read this. {{ post.text }}", "For you: {{ post.text }}"]
"""
MEMBERS = ("Ada", "Bo", "Cy", "Di")


class Live:
    """The engine at work on stored posts, by a clock that moves from one thing that is due to the next."""

    def __init__(self, store: Store, clock: FakeClock, registry: Registry) -> None:
        self.store, self.clock, self.registry = store, clock, registry
        self.workspace = new_id()
        self.source = ""
        self.core = Core(
            store=store, http=HttpClient(), offload=Offload(), vault=Vault(None), clock=clock, registry=registry,
            wake=RecordingWake(), compile=lambda document: compile_document(document, registry),
            random=random.Random(1), worker="test",
        )  # fmt: skip

    async def begin(self, text: str = NEWS) -> None:
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


def _went(connection: Connection, since: datetime = START) -> list[tuple[Any, ...]]:
    """Return what was planned since then and not kept back: post, sink, account, round, when due, and the words."""
    rows, of, said = tables.deliveries, tables.accounts, tables.contents
    query = (
        select(rows.c.post_id, rows.c.sink, of.c.name, rows.c.round, rows.c.due_at, said.c.document)
        .join(of, of.c.id == rows.c.account_id)
        .join(said, said.c.id == rows.c.content_id)
        .where(rows.c.created_at >= since, rows.c.state == "planned")
    )
    return sorted(tuple(row) for row in connection.execute(query))


async def _some_days(live: Live) -> Live:
    """Let posts come, one every seven hours, and go on for five days in all."""
    for nth in range(9):
        text = f"Lunch of day {nth}" if nth % 4 == 3 else f"We have news, number {nth}, about our work"
        await live.arrive(START + nth * 7 * HOUR, f"p{nth}", text)
        if nth == 2:
            await live.change(START + nth * 7 * HOUR + timedelta(minutes=10), f"p{nth}", "Mended news about our work")
    await live.until(START + timedelta(days=5))
    return live


def _same(replay: Replay) -> list[tuple[Any, ...]]:
    """Return what a replay lets go out, as `_went` does."""
    return sorted(
        (one.post_id, one.sink, one.account, one.round, one.at, one.content.model_dump_json())
        for one in replay.before.outgoing
    )


@pytest.fixture
async def live(sqlite_url: str, clock: FakeClock, registry: Registry) -> AsyncIterator[Live]:
    """Give a mapping that has run for some days."""
    store = open_store(sqlite_url)
    made = Live(store, clock, registry)
    await made.begin()
    await _some_days(made)
    yield made
    await store.close()


async def test_the_replay_of_a_version_that_ran_equals_what_it_did(live: Live) -> None:
    went = await live.store.read(_went)
    found = await live.replayed()
    assert len(went) == 7 + 7 + 7 * 3
    assert _same(found) == went
    assert found.differences == ()
    assert found.posts == 9


async def test_a_replay_that_begins_later_begins_with_what_the_nodes_held_and_had_let_go(live: Live) -> None:
    for hours in (96, 95, 77, 52):
        went = await live.store.read(_went, live.clock.now() - hours * HOUR)

        assert _same(await live.replayed(back=hours * HOUR)) == went
        assert went


STOCK = """\
mapping: stock
timezone: Europe/Paris
max_age: 7d
sources:
  blog: {kind: feed, url: https://example.org/feed}
operators:
  new: {kind: once, from: blog, within: 3d, by: [text]}
  stock: {kind: tank, from: new, every: 341m, publications: 3, gap: 10h, order: random}
sinks:
  wall: {kind: webhook, from: stock, account: acme-hook}
  people:
    kind: x_post
    from: new
    audience: ambassadors
    variants: ["{{ post.text }}", "Read this. {{ post.text }}"]
"""


async def test_stocks_go_round_and_no_two_accounts_say_the_same_in_a_replay_as_they_did(
    sqlite_url: str, clock: FakeClock, registry: Registry
) -> None:
    store = open_store(sqlite_url)
    live = Live(store, clock, registry)
    await live.begin(STOCK)
    await _some_days(live)
    for hours, sinks in ((120, {"wall", "people"}), (99, {"wall", "people"}), (60, {"wall"}), (18, {"wall"})):
        went = await store.read(_went, clock.now() - hours * HOUR)

        assert _same(await live.replayed(back=hours * HOUR)) == went
        assert {sink for _, sink, *_ in went} == sinks
    await store.close()


async def test_another_version_shows_what_would_go_out_otherwise(live: Live) -> None:
    found = await live.replayed(
        NEWS.replace("contains: lunch", "contains: Mended").replace("[Acme]", "[AcmeNews]").replace("wall", "board")
    )
    marks = {(one.mark, (one.after or one.before).sink) for one in found.differences if one.after or one.before}  # type: ignore[union-attr]

    assert {("-", "own"), ("+", "own"), ("~", "own"), ("~", "people"), ("~", "board")} <= marks
    [gone] = [one.before for one in found.differences if one.mark == "-" and one.before and one.before.sink == "own"]
    assert gone.content.text.startswith("Mended news")
    other = next(one for one in found.differences if one.mark == "~" and one.after and one.after.sink == "own")
    assert other.before is not None
    assert (other.before.content.hashtags, other.after.content.hashtags if other.after else ()) == (
        ("Acme",),
        ("AcmeNews",),
    )
