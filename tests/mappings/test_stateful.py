"""Posts that wait at nodes survive what happens to an instance: a restart, an edit, a pause, a clock that is set."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.run.sweep import sweep
from engine.store import mappings, pauses, tables
from engine.store.pauses import Scope
from engine.store.unit import open_store
from mappings.changing.changes import Change, apply
from tests.mappings.rehearsal.living import HOUR, START, Live

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.contract.registry import Registry
    from engine.testing.fakes import FakeClock

NODES = {
    "steady": "{kind: steady, from: blog, for: 3h}",
    "slots": '{kind: slots, from: blog, days: [mon-sun], between: ["09:00-10:00"]}',
    "pace": "{kind: pace, from: blog, at_most: 2, per: 1d}",
    "tank": "{kind: tank, from: blog, every: 7h, publications: 1}",
    "once": "{kind: once, from: blog, within: 5d, by: [text]}",
    "approve": "{kind: approve, from: blog, timeout: 9h, on_timeout: pass}",
    "digest": "{kind: digest, from: blog, every: 11h}",
    "delay": "{kind: delay, from: blog, between: [2h, 8h]}",
}
URL = "https://hooks.example.org"
MAPPING = "\n".join((
    "mapping: news", "title: Before", "timezone: Europe/Paris", "max_age: 7d",
    "sources: {blog: {kind: feed, url: https://example.org/feed}}",
    "operators:", *(f"  {name}: {settings}" for name, settings in NODES.items()),
    "sinks:", *(f"  to_{name}: {{kind: webhook, from: {name}, url: {URL}/{name}}}" for name in NODES),
    "",
))  # fmt: skip
SAID = ("the wind blows from the north today", "a new mast stands at the harbour", "our people sail to Ostend tomorrow")
DAYS = timedelta(days=6)


def _sent(connection: Connection) -> list[tuple[str, str, str]]:
    """Return what went out: sink, the name of the post, its words."""
    rows, of = tables.deliveries, tables.posts
    query = select(rows.c.sink, of.c.key, tables.contents.c.document).join(of, of.c.id == rows.c.post_id)
    return [
        tuple(row) for row in connection.execute(query.join(tables.contents, tables.contents.c.id == rows.c.content_id))
    ]


async def test_what_waits_goes_on_once_through_a_restart_an_edit_a_pause_and_a_clock_that_is_set(
    sqlite_url: str, clock: FakeClock, registry: Registry
) -> None:
    live = Live(open_store(sqlite_url), clock, registry)
    await live.begin(MAPPING)
    mapping_id = (await live.store.read(mappings.by_name, live.workspace, "news")).id
    await live.arrive(START, "p0", SAID[0])
    await live.arrive(START + HOUR, "p1", SAID[1])
    await live.restart(sqlite_url)
    await live.until(START + 2 * HOUR)
    edited = MAPPING.replace("title: Before", "title: After").replace("every: 7h", "every: 6h")
    await apply(live.store, registry, clock, Change(live.workspace, {"news.yaml": edited}))
    await live.arrive(START + 3 * HOUR, "p2", SAID[2])
    await live.store.write(pauses.pause, live.workspace, Scope.MAPPING, mapping_id, now=clock.now())
    clock.advance(20 * HOUR)
    await live.store.write(pauses.resume, live.workspace, Scope.MAPPING, mapping_id, now=clock.now())
    await live.arrive(clock.now(), "p3", f"{SAID[0]} again")
    clock.jump_wall(-5 * HOUR)
    await sweep(live.core)
    await live.restart(sqlite_url)
    clock.jump_wall(9 * HOUR)
    await live.until(clock.now() + DAYS)

    sent = await live.store.read(_sent)
    await live.store.close()
    for name in set(NODES) - {"once", "digest"}:
        assert Counter(key for sink, key, _ in sent if sink == f"to_{name}") == Counter(["p0", "p1", "p2", "p3"]), name
    assert sorted(key for sink, key, _ in sent if sink == "to_once") == ["p0", "p1", "p2"]
    digests = " ".join(words for sink, _, words in sent if sink == "to_digest")
    assert [digests.count(said) for said in SAID] == [2, 1, 1]
