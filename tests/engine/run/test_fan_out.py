"""A post that goes to many is told while it is planned, and can be called off midway."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from engine.content.template import Template
from engine.ids import new_id
from engine.run.call_off import call_off
from engine.run.core import RunSettings
from engine.store import fanouts, operations, telling
from engine.store import tables as t
from engine.store.calling_off import CalledOff
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.routing import WORKSPACE, Routing
from tests.engine.sample_graph import Note, graph, sink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from engine.model.post import Post
    from engine.model.text import Bound
    from engine.store.operations import OperationRow
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

CHUNK, SIZE = 2, 7
FOURTH = 4
"""The transaction of the second chunk: before it come the routes of the post, transaction 1, and the first chunk."""


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    drawn = graph(sink("board", "page", audience="ambassadors"))
    made = await Routing(store, clock, RunSettings(chunk=CHUNK)).begin(drawn)
    await made.audience(SIZE)
    return made


def under(world: Routing, store: Any) -> Routing:
    """Return a worker over another store, on the same rows."""
    again = Routing(store, world.clock, world.settings, source_id=world.source_id, mapping_ids=world.mapping_ids)
    again.graphs.update(world.graphs)
    return again


class Interrupted:
    """A store between whose n-th transaction and the next somebody else does something."""

    def __init__(self, store: Store, nth: int, meanwhile: Any) -> None:
        self.dialect, self.read, self.close = store.dialect, store.read, store.close
        self._store, self._left, self._meanwhile = store, nth, meanwhile

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        result = await self._store.write(unit, *args, **kwargs)
        self._left -= 1
        if self._left == 0:
            await self._meanwhile()
        return result


async def operation(world: Routing) -> OperationRow:
    (row,) = await world.store.read(operations.listed, WORKSPACE)
    return row


async def off(world: Routing, post: str) -> CalledOff:
    ways = await world.store.read(telling.passages, WORKSPACE, post)
    return await call_off(world.core, WORKSPACE, post, ways, "Léa", chunk=CHUNK)


async def test_a_fan_out_is_an_operation_with_the_id_of_its_route_as_far_as_its_chunks_stand(world: Routing) -> None:
    post = await world.post()
    with pytest.raises(Killed):
        await under(world, MortalStore(world.store, FOURTH, after=True)).route(post)

    halfway = await operation(world)
    ((route_id,),) = await world.rows(t.routes, "id")
    assert (halfway.id, halfway.kind, halfway.state) == (route_id, fanouts.KIND, operations.RUNNING)
    assert (halfway.done, halfway.total, halfway.sentence) == (4, 7, "Planned 4 of 7 accounts.")
    (way,) = await world.store.read(telling.passages, WORKSPACE, post)
    assert (way.made, way.planned) == (4, 7)
    standing = await world.store.read(telling.standing, WORKSPACE, [post])
    assert [*standing[post].planning.values()] == [telling.Planning("company-news", 4, 7)]

    await world.route(post)

    ended = await operation(world)
    assert (ended.state, ended.done, ended.sentence) == (operations.DONE, 7, "Planned 7 of 7 accounts.")
    assert ended.ended_at == world.clock.now()
    assert (await world.store.read(telling.standing, WORKSPACE, [post]))[post].planning == {}


async def test_a_post_that_is_called_off_midway_gets_no_further_chunk_and_loses_those_it_had(world: Routing) -> None:
    post = await world.post()
    done: list[CalledOff] = []

    async def meanwhile() -> None:
        done.append(await off(world, post))

    await under(world, Interrupted(world.store, FOURTH, meanwhile)).route(post)

    assert done == [CalledOff(unplanned=3, held=0, deliveries=4)]
    assert await world.deliveries("state", "reason", "detail") == [("cancelled", "person", "Cancelled by Léa.")] * 4
    assert await world.rows(t.routes, "state", "cursor") == [("cancelled", 4)]
    assert (await world.ledger()).wrong == ()
    row = await operation(world)
    assert (row.state, row.done, row.total) == (operations.CANCELLED, 4, 7)
    assert await world.due_posts() == []
    assert [said for _, what, said in await world.told(post) if what == "cancelled"] == [
        "Cancelled by Léa: 3 accounts are not planned any more, 0 held posts are dropped.",
        "Cancelled by Léa: 2 deliveries that had not gone out.",
        "Cancelled by Léa: 2 deliveries that had not gone out.",
    ]


async def test_what_is_out_or_may_be_is_not_called_off(world: Routing) -> None:
    post = await world.post()
    await world.route(post)
    states = ["sent", "sending", "doubtful", "check_needed", "planned", "waiting", "blocked"]
    rows = [delivery for (delivery,) in await world.deliveries("id")]
    for delivery, state in zip(rows, states, strict=True):
        more = {"sent_at": world.clock.now(), "remote_id": new_id()} if state == "sent" else {}
        await world.execute(t.deliveries.update().where(t.deliveries.c.id == delivery).values(state=state, **more))

    assert await off(world, post) == CalledOff(deliveries=3)
    assert [state for (state,) in await world.deliveries("state")] == [*states[:4], *["cancelled"] * 3]
    assert not await off(world, post)


class CountedTemplate(Template):
    """Counts how often it is rendered."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.rendered = 0

    def render(self, post: Post, *, mapping: str, zone: ZoneInfo, bounds: Sequence[Bound] = ()) -> str:
        self.rendered += 1
        return super().render(post, mapping=mapping, zone=zone, bounds=bounds)


async def test_a_post_is_rendered_once_for_each_sink_and_variant_however_many_accounts_and_chunks(
    world: Routing,
) -> None:
    variants = [CountedTemplate(f"{letter} {{{{ post.text }}}}") for letter in "ABC"]
    await world.account("acme")
    await world.apply(
        graph(
            sink("board", "page", audience="ambassadors", variants=tuple(variants[:2])),
            sink("notes", "page", Note, accounts=("acme",), variants=tuple(variants[2:])),
        )
    )
    await world.route(await world.post())

    assert [each.rendered for each in variants] == [1, 1, 1]
    assert len(await world.rows(t.contents, "id")) == 3
    given = Counter(content for (content,) in await world.deliveries("content_id"))
    assert sorted(given.values()) == [1, 3, 4]
