"""A post belongs to the mappings that read its source when it was seen, whenever it is routed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.graph import FirstRun
from engine.store import posts
from engine.store import tables as t
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import Hook, graph, sink

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


async def test_a_held_post_goes_to_no_mapping_that_joined_after_it_was_seen(store: Store, clock: FakeClock) -> None:
    world = await Routing(store, clock).begin(graph(sink("hook", "page", Hook)))
    held = await world.post("one of a flood", state=posts.HELD)
    clock.advance(timedelta(hours=1))
    await world.apply(graph(sink("hook", "page", Hook), mapping="late-news"))
    await world.store.write(posts.settle_held, world.source_id, posts.NEW, "")

    await world.route(held)
    later = await world.post("a later one")
    await world.route(later)

    early, late = (world.mapping_ids[name] for name in ("company-news", "late-news"))
    routed = await world.rows(t.routes, "post_id", "mapping_id")
    assert sorted(routed) == sorted([(held, early), (later, early), (later, late)])


async def test_what_a_first_run_asks_for_goes_out_however_old_it_is(store: Store, clock: FakeClock) -> None:
    world = await Routing(store, clock).begin(graph(sink("hook", "page", Hook), mapping="early-news"))
    weekly = [await world.post(f"week {ago}", timedelta(weeks=ago), state=posts.SEEN) for ago in (4, 3, 2, 1)]
    asking = graph(sink("hook", "page", Hook))
    page = replace(asking.sources["page"], first_run=FirstRun(last=3))
    await world.apply(replace(asking, sources={"page": page}))

    assert await world.due_posts() == weekly[1:]
    for post in weekly[1:]:
        await world.route(post)

    now = clock.now()
    planned = await world.deliveries("post_id", "mapping_id", "released_at")
    assert sorted(planned) == sorted((post, world.mapping_ids["company-news"], now) for post in weekly[1:])
    assert (await world.ledger()).wrong == ()
