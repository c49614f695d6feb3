"""A node looks into the network for what waits there: once for each post, kept, and never over a person's words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from engine.contract.operator import Found, Hold, LookingOperator, Release, Wait
from engine.errors import TransientError
from engine.run import approval
from engine.run.look import MOST
from engine.store import holds, verdicts
from engine.store import tables as t
from engine.store.verdicts import Said
from engine.wake import Again
from tests.engine.run.routing import WORKSPACE, Routing
from tests.engine.sample_graph import Hook, NoConfig, graph, operator, sink

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from engine.contract.context import LookContext, WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

LATER = timedelta(minutes=5)


class Asks(LookingOperator[NoConfig]):
    """Look as the test says, five minutes after a bad look again, and let go what was found good or was approved."""

    kind = "asks"
    title = "Asks"
    example: ClassVar[dict[str, Any]] = {}

    def __init__(self, find: Callable[[Post], Awaitable[Found]], *, asks_person: bool = False) -> None:
        super().__init__(NoConfig())
        self.asks_person = asks_person
        self.asked: list[str] = []
        self._find = find

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        return Hold("It waits for an answer.", post.model_copy(update={"text": post.text.upper()}))

    def looks(self, one: Held, now: datetime) -> bool:
        return one.look is None or (not one.look.good and one.look.at + LATER <= now)

    async def look(self, post: Post, ctx: LookContext) -> Found:
        self.asked.append(post.text)
        return await self._find(post)

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        ready = [
            one.verdict is not None if self.asks_person else one.look is not None and one.look.good for one in held
        ]
        gone = tuple(one.id for one, goes in zip(held, ready, strict=True) if goes)
        return Release(gone, until=ctx.now + LATER) if gone else Wait(ctx.now + LATER)


async def answers(post: Post) -> Found:
    return Found(post.model_copy(update={"text": f"{post.text}!"}), "It was answered.")


async def fails(post: Post) -> Found:
    raise TransientError("The server answered 503.")


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


async def holding(world: Routing, node: Asks, count: int = 1) -> list[str]:
    await world.begin(graph(operator("asks", "page", node), sink("hook", "asks", Hook)))
    posts = [await world.post(f"post {number}") for number in range(count)]
    for post in posts:
        await world.route(post)
    return posts


async def test_what_was_found_goes_on_and_the_trace_keeps_the_former_words(world: Routing) -> None:
    (post,) = await holding(world, Asks(answers))
    assert await world.release("asks") is None
    ((document,),) = await world.rows(t.contents, "document")
    assert json.loads(document)["text"] == "POST 0!"
    told = await world.told(post)
    assert ("asks", "looked", "It was answered. The text was: POST 0") in told


async def test_a_bad_look_leaves_the_post_waiting_with_its_sentence_and_is_made_again_in_time(world: Routing) -> None:
    node = Asks(fails)
    await holding(world, node)
    await world.release("asks")
    assert await world.rows(t.holds, "state", "reason") == [("held", "The server answered 503.")]
    await world.release("asks")
    assert len(node.asked) == 1
    world.clock.advance(LATER)
    await world.release("asks")
    ((look,),) = await world.rows(t.holds, "look")
    assert (len(node.asked), json.loads(look)["times"]) == (2, 2)


async def test_a_post_is_looked_for_once_though_it_waits_on(world: Routing) -> None:
    node = Asks(answers, asks_person=True)
    await holding(world, node)
    for _ in range(2):
        world.clock.advance(LATER)
        await world.release("asks")
    assert node.asked == ["POST 0"]
    assert await world.rows(t.holds, "state", "revision") == [("held", 1)]


async def test_words_that_a_person_changed_are_looked_for_no_more(world: Routing) -> None:
    node = Asks(answers, asks_person=True)
    await holding(world, node)
    (asking,) = await world.store.read(verdicts.listed, WORKSPACE)
    await world.store.write(
        verdicts.edit, asking, asking.document.replace("POST", "Post"), "Edited.", world.clock.now()
    )
    await world.release("asks")
    assert node.asked == []
    assert '"text":"Post 0"' in (await world.rows(t.holds, "document"))[0][0]


async def test_a_decision_that_comes_during_the_look_stands_and_the_words_are_those_that_the_person_saw(
    world: Routing,
) -> None:
    async def decided_meanwhile(post: Post) -> Found:
        (asking,) = await world.store.read(verdicts.listed, WORKSPACE)
        await approval.decide(world.core, asking, Said(yes=True, by="Léa"))
        return await answers(post)

    await holding(world, Asks(decided_meanwhile, asks_person=True))
    assert await world.release("asks") == Again()
    await world.release("asks")
    assert await world.rows(t.holds, "state") == [("released",)]
    ((document,),) = await world.rows(t.contents, "document")
    assert json.loads(document)["text"] == "POST 0"


async def test_many_are_looked_for_some_at_a_time(world: Routing) -> None:
    node = Asks(answers)
    await holding(world, node, MOST + 1)
    assert await world.release("asks") == Again()
    assert len(node.asked) == MOST
    await world.release("asks")
    assert {state for (state,) in await world.rows(t.holds, "state")} == {holds.RELEASED}
