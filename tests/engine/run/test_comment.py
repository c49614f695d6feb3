"""The first comment: a step of its own behind the receipt, which never fails a delivery and is never doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.sink import Receipt
from engine.errors import DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.model.consent import Terms
from engine.model.delivery import Doubt
from engine.run import person
from engine.run.sweep import sweep
from engine.store import consents, pauses
from engine.store import tables as t
from engine.store.pauses import Scope
from engine.wake import Again
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.world import WORKSPACE, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

TEXT = "Read on: https://acme.example/moved"
WRITES = 7
"""The receipt's drain: lane, claim, outcome. The comment's: lane, begin, settle, and the lane given back."""


async def begun(store: Store, clock: FakeClock, **values: Any) -> tuple[World, str, str]:
    world = await World(store, clock).begin()
    account = await world.account("acme")
    return world, account, await world.delivery(account, comment=TEXT, **values)


async def comment(world: World) -> dict[str, Any]:
    found = await world.rows(t.comments)
    return found[0] if found else {"state": "none"}


async def later(world: World, clock: FakeClock, account: str, *, minutes: int) -> dict[str, Any]:
    clock.advance(60 * minutes)
    await world.drain(account)
    return await comment(world)


async def test_behind_the_receipt_the_comment_is_written_once_and_told(store: Store, clock: FakeClock) -> None:
    world, account, delivery = await begun(store, clock)

    assert await world.drain(account) == [Again()]
    assert (await world.state(delivery))["state"] == "sent"
    assert ((await comment(world))["state"], world.sink.comments) == ("wanted", [])
    for _ in range(3):
        await world.drain(account)

    one = await comment(world)
    assert (one["state"], one["due_at"], one["remote_id"]) == ("done", None, f"c-{delivery}")
    assert world.sink.comments == [(delivery, TEXT)]
    assert ("comment_done", delivery) in [
        (line["what"], line["delivery_id"]) for line in await world.rows(t.traces, "what", "delivery_id")
    ]


async def test_a_post_without_a_comment_wants_none(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    account = await world.account("acme")
    await world.delivery(account)

    assert await world.drain(account) == [None]
    assert await world.rows(t.comments) == []


@pytest.mark.parametrize(
    ("error", "state", "sentence"),
    [
        (RejectedError("No links here.", code="x"), "refused", "No links here."),
        (DoubtfulError("No answer."), "unknown", "No answer."),
        (ValueError("surprise"), "unknown", "ValueError"),
    ],
)
async def test_what_becomes_of_a_comment_leaves_the_delivery_as_it_is(
    store: Store, clock: FakeClock, error: Exception, state: str, sentence: str
) -> None:
    world, account, delivery = await begun(store, clock)
    world.sink.answers = [error]
    await world.drain(account)
    await world.drain(account)

    one = await comment(world)
    assert (one["state"], sentence in one["detail"]) == (state, True)
    assert (await world.state(delivery))["state"] == "sent"
    for _ in range(4):
        one = await later(world, clock, account, minutes=3)
    assert (one["state"], one["due_at"], world.sink.comments) == (state, None, [])


@pytest.mark.parametrize("error", [TransientError("Connection refused."), RateLimitedError("Wait.")])
async def test_what_was_not_sent_is_tried_again_and_given_up_in_the_end(
    store: Store, clock: FakeClock, error: Exception
) -> None:
    world, account, _ = await begun(store, clock)
    world.sink.answers = [error] * 2
    await world.drain(account)
    states = [(await later(world, clock, account, minutes=70))["state"] for _ in range(3)]
    assert states == ["wanted", "wanted", "done"]

    another = await world.delivery(account, comment="Another")
    world.sink.answers = [error] * 9
    for _ in range(8):
        await later(world, clock, account, minutes=70)
    (one,) = [row for row in await world.rows(t.comments) if row["delivery_id"] == another]
    assert (one["state"], one["tries"], "Given up after 6 tries" in one["detail"]) == ("refused", 6, True)


async def test_a_pause_stops_it_and_the_end_of_the_consent_ends_it(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    account = await world.account("lea", Terms())
    await world.delivery(account, comment=TEXT)
    await world.drain(account)
    await store.write(pauses.pause, WORKSPACE, Scope.ACCOUNT, account, now=clock.now())

    assert (await later(world, clock, account, minutes=1))["state"] == "wanted"
    await store.write(pauses.resume, WORKSPACE, Scope.ACCOUNT, account, now=clock.now())
    (owner,) = await world.rows(t.people, "id")
    await store.write(consents.withdraw, WORKSPACE, owner["id"], account, clock.now())

    one = await later(world, clock, account, minutes=2)
    assert (one["state"], "consent" in one["detail"], world.sink.comments) == ("refused", True, [])


async def test_a_comment_that_waited_for_a_day_comes_too_late(store: Store, clock: FakeClock) -> None:
    world, account, _ = await begun(store, clock)
    await world.drain(account)

    one = await later(world, clock, account, minutes=25 * 60)
    assert (one["state"], world.sink.comments) == ("refused", [])


async def test_a_post_that_was_found_by_reading_back_gets_its_comment(store: Store, clock: FakeClock) -> None:
    world, account, delivery = await begun(store, clock)
    world.sink.class_of_doubt = Doubt.FINDABLE
    world.sink.script, world.sink.looks = [DoubtfulError("No answer.")], [Receipt("p1")]
    for _ in range(4):
        await later(world, clock, account, minutes=3)

    assert (await world.state(delivery))["state"] == "sent"
    assert world.sink.comments == [("p1", TEXT)]


async def test_who_saw_a_post_that_nobody_can_name_is_told_to_comment(store: Store, clock: FakeClock) -> None:
    world, _, delivery = await begun(store, clock, state="check_needed")

    await person.confirm(world.core, await person.find(world.core, WORKSPACE, delivery), "Ada", is_there=True)

    assert TEXT in (await world.state(delivery))["detail"]


class Mortal(ScriptedSink):
    """A sink whose process ends around the request of the comment."""

    dies = ""

    async def comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt:
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise Killed
        made = await super().comment(receipt, text, ctx)
        if dies == "after":
            raise Killed
        return made


async def lives(world: World, clock: FakeClock, account: str) -> dict[str, Any]:
    """Live until killed, then let an heir go on for as long as settling takes; return the comment."""
    try:
        for _ in range(3):
            await world.drain(account)
    except Killed:
        pass
    heir = World(world.store, clock, sink=world.sink, mapping_id=world.mapping_id, version_id=world.version_id)
    for _ in range(6):
        clock.advance(61)
        await sweep(heir.core)
        await heir.drain(account)
    return await comment(heir)


@pytest.mark.parametrize("nth", range(2, WRITES + 1))
async def test_killed_before_a_transaction_it_is_written_once_or_unknown(
    store: Store, clock: FakeClock, nth: int
) -> None:
    world, account, delivery = await begun(store, clock)
    world.sink.class_of_doubt = Doubt.IDEMPOTENT
    world.core.store = MortalStore(store, nth, after=False)

    one = await lives(world, clock, account)

    assert (await world.state(delivery))["state"] == "sent"
    assert len(world.sink.comments) <= 1
    assert (one["state"] == "done") == bool(world.sink.comments)
    assert one["state"] in {"done", "unknown"}


@pytest.mark.parametrize(("dies", "state"), [("before", "unknown"), ("after", "done")])
async def test_killed_around_the_request_it_is_looked_for_and_not_repeated(
    store: Store, clock: FakeClock, dies: str, state: str
) -> None:
    world, account, _ = await begun(store, clock)
    world.sink = Mortal()
    world.sink.dies = dies

    one = await lives(world, clock, account)

    assert (one["state"], one["due_at"]) == (state, None)
    assert len(world.sink.comments) == (dies == "after")


async def test_a_lane_that_was_lost_before_the_request_sends_nothing(store: Store, clock: FakeClock) -> None:
    world, account, _ = await begun(store, clock)
    await world.drain(account)
    lane = t.lanes.update().values(fence=99)
    read = world.core.store.read

    async def stealing(unit: Any, *args: Any, **kwargs: Any) -> Any:
        found = await read(unit, *args, **kwargs)
        await world.execute(lane)
        return found

    class Thief:
        dialect, write, close = store.dialect, store.write, store.close
        read = staticmethod(stealing)

    world.core.store = Thief()
    await world.drain(account)

    assert ((await comment(world))["state"], world.sink.comments) == ("wanted", [])
