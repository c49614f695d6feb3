"""A post belongs to the mappings that read its source when it was seen, whenever it is routed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

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
