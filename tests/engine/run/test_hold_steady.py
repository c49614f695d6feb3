"""A post that its source changes while it waits for rest goes out in its new wording, and its wait begins again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.model.post import Post
from engine.store import posts
from engine.store import tables as t
from engine.store.posts import Incoming, Known, Revised
from mappings.operators.steady import Config, Steady
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import Hook, graph, operator, sink

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

MINUTE = timedelta(minutes=1)


async def test_a_corrected_post_waits_anew_and_goes_out_corrected(store: Store, clock: FakeClock) -> None:
    world = Routing(store, clock)
    rest = operator("rest", "page", Steady(Config.model_validate({"for": "10m"})))
    await world.begin(graph(rest, sink("hook", "rest", Hook)))
    post_id = await world.post("Nous recrutons un devellopeur")
    await world.route(post_id)
    clock.advance(9 * MINUTE)
    better = Post(key=post_id, text="Nous recrutons un développeur")
    known = Known(post_id, better.key, 1, "")
    incoming = Incoming(
        post_id, better.key, better.content_hash, better.fingerprint, None, better.model_dump_json(), None
    )
    revised = Revised(known, incoming, new_id())
    await store.write(posts.revise, [revised], clock.now())

    clock.advance(9 * MINUTE)
    await world.release("rest")
    assert await world.rows(t.holds, "state", "until") == [("held", clock.now() + MINUTE)]
    clock.advance(MINUTE)
    await world.release("rest")

    ((document,),) = await world.rows(t.contents, "document")
    assert '"text":"Nous recrutons un développeur"' in document
