"""Deliver: intent before the call, outcome after it, and what becomes of each answer. On both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from engine.contract.sink import Receipt
from engine.errors import AccountLostError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.model.consent import Mode, Terms
from engine.model.delivery import Doubt
from engine.run.core import RunSettings
from engine.run.sweep import sweep
from engine.store import tables as t
from tests.engine.run.world import ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

YES = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World(store, clock).begin()


def with_doubt(world: World, doubt: Doubt) -> World:
    world.sink = ScriptedSink(doubt)
    return world


async def test_a_planned_delivery_is_sent_once_with_its_receipt(world: World) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)

    await world.drain(account)
    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], row["remote_id"], row["tries"]) == ("sent", delivery, 1)
    assert row["url"] == f"https://example.org/{delivery}"
    assert [name for name, _, _ in world.sink.published] == ["acme"]


async def test_each_publishing_request_is_counted_by_platform_and_outcome_with_its_time(world: World) -> None:
    account = await world.account("acme")
    await world.delivery(account, "one")
    await world.delivery(account, "two")

    async def slowly(_ctx: SendContext) -> None:
        world.clock.advance(0.7)

    world.sink.script = [slowly, RejectedError("Too long.", code="too_long")]
    await world.drain(account)

    [(platform, latency)] = world.core.tally.latencies.items()
    assert world.core.tally.attempts == {(platform, "sent"): 1, (platform, "rejected"): 1}
    assert sum(latency.counts) == 2
    assert latency.seconds == pytest.approx(0.7)


async def test_the_intent_is_on_disk_before_the_request(world: World) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    seen = []

    async def look(ctx: SendContext) -> None:
        seen.append((await world.state(delivery))["state"])
        seen.extend(row["outcome"] for row in await world.rows(t.attempts, "id", "outcome"))

    world.sink.script = [look]
    await world.drain(account)

    assert seen == ["sending", ""]


async def test_an_account_is_served_in_order_and_one_at_a_time(world: World) -> None:
    account = await world.account("acme")
    texts = [f"n{number}" for number in range(5)]
    for text in texts:
        await world.delivery(account, text)

    await world.drain(account, account, account)

    assert [body.split(b'"')[1].decode() for _, body, _ in world.sink.published] == texts


async def test_many_accounts_share_their_transactions(world: World) -> None:
    accounts = [await world.account(f"a{number}") for number in range(20)]
    for account in accounts:
        await world.delivery(account)

    await world.drain(*accounts)

    assert {row["state"] for row in await world.rows(t.deliveries, "id", "state")} == {"sent"}
    assert len(world.sink.published) == 20


async def test_what_is_due_later_waits_and_the_lane_says_until_when(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    later = clock.now() + timedelta(hours=1)
    await world.delivery(account, due_at=later)

    await world.drain(account)

    assert world.sink.published == []
    assert (await world.rows(t.lanes, "next_due_at"))[0]["next_due_at"] == later


async def test_a_transient_failure_is_tried_again_with_the_same_key_and_bytes(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [TransientError("Refused."), None]

    await world.drain(account)
    first = await world.state(delivery)
    clock.advance(31)
    await world.drain(account)

    assert (first["state"], first["tries"], first["detail"]) == ("planned", 1, "Refused.")
    assert (await world.state(delivery))["state"] == "sent"
    hashes = {(row["key"], row["request_hash"], row["frozen_at"]) for row in await world.rows(t.attempts)}
    assert len(hashes) == 1


async def test_six_failures_are_given_up(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [TransientError("Refused.")] * 9

    for _ in range(9):
        await world.drain(account)
        clock.advance(1_801)

    row = await world.state(delivery)
    assert (row["state"], row["reason"], len(world.sink.begun)) == ("rejected", "given_up", 6)


async def test_a_rate_limit_of_the_platform_holds_every_account_of_it(world: World, clock: FakeClock) -> None:
    first, second = await world.account("one"), await world.account("two")
    one, two = await world.delivery(first), await world.delivery(second)
    world.sink.script = [RateLimitedError("Wait.", wait=timedelta(minutes=5), scope="platform")]

    await world.drain(first)
    await world.drain(second)
    assert (world.sink.published, (await world.state(one))["tries"]) == ([], 0)
    assert (await world.state(two))["detail"] == "Wait."
    clock.advance(301)
    await world.drain(first, second)

    assert len(world.sink.published) == 2


async def test_a_refusal_ends_the_delivery_and_the_next_goes_on(world: World) -> None:
    account = await world.account("acme")
    refused, fine = await world.delivery(account), await world.delivery(account)
    world.sink.script = [RejectedError("Too long.", code="too_long")]

    await world.drain(account)

    assert (await world.state(refused))["detail"] == "Too long. (too_long)"
    assert (await world.state(fine))["state"] == "sent"


async def test_a_lost_account_blocks_all_its_deliveries(world: World) -> None:
    account = await world.account("acme")
    ids = [await world.delivery(account) for _ in range(3)]
    world.sink.script = [AccountLostError("Revoked.")]

    await world.drain(account)

    assert [(await world.state(one))["state"] for one in ids] == ["blocked"] * 3
    assert len(world.sink.begun) == 1


async def test_silence_at_an_ask_sink_needs_a_person_and_is_never_resent(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [DoubtfulError("No answer.")]

    for _ in range(4):
        await world.drain(account)
        clock.advance(600)

    assert (await world.state(delivery))["state"] == "check_needed"
    assert len(world.sink.begun) == 1


async def test_silence_at_an_idempotent_sink_is_resent_with_the_same_key(world: World, clock: FakeClock) -> None:
    with_doubt(world, Doubt.IDEMPOTENT)
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [DoubtfulError("No answer."), None]

    await world.drain(account)
    clock.advance(31)
    await world.drain(account)

    assert (await world.state(delivery))["state"] == "sent"
    assert [key for _, _, key in world.sink.published] == [delivery]
    assert {row["key"] for row in await world.rows(t.attempts)} == {delivery}


@pytest.mark.parametrize(
    ("looks", "state", "sends"),
    [
        ([Receipt("7", None)], "sent", 1),
        ([None, Receipt("7", None)], "sent", 1),
        ([None, None], "sent", 2),
        ([DoubtfulError("It cannot tell.")], "check_needed", 1),
        ([TransientError("Down.")] * 99, "check_needed", 1),
    ],
    ids=["found", "found at the second look", "not there at two looks", "cannot tell", "never answers"],
)
async def test_silence_at_a_findable_sink_is_read_back_after_the_quarantine(
    world: World, clock: FakeClock, looks: list[Any], state: str, sends: int
) -> None:
    with_doubt(world, Doubt.FINDABLE).sink.looks = list(looks)
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [DoubtfulError("No answer."), None]

    await world.drain(account)
    clock.advance(119)
    await world.drain(account)
    assert (len(world.sink.looks), (await world.state(delivery))["state"]) == (len(looks), "doubtful")
    for _ in range(80):
        clock.advance(61)
        await world.drain(account)

    assert ((await world.state(delivery))["state"], len(world.sink.begun)) == (state, sends)


async def test_a_dead_workers_delivery_is_doubtful_once_its_lease_ended_and_others_go_on(
    world: World, clock: FakeClock
) -> None:
    with_doubt(world, Doubt.IDEMPOTENT)
    account, other = await world.account("acme"), await world.account("other")
    delivery = await world.delivery(account)
    begun, never = asyncio.Event(), asyncio.Event()

    async def hang(ctx: SendContext) -> None:
        begun.set()
        await never.wait()

    world.sink.script = [hang]
    dying = asyncio.create_task(world.deliverer.drain(account))
    await begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    survivor = World(world.store, clock, sink=world.sink, mapping_id=world.mapping_id, version_id=world.version_id)
    quick = await world.delivery(other)
    await survivor.drain(account, other)
    assert ((await world.state(delivery))["state"], (await world.state(quick))["state"]) == ("sending", "sent")
    clock.advance(46)
    await sweep(survivor.core)
    assert (await world.state(delivery))["state"] == "doubtful"
    await survivor.drain(account)

    assert (await world.state(delivery))["state"] == "sent"
    assert [key for _, _, key in world.sink.published].count(delivery) == 1


async def test_a_late_outcome_of_a_worker_that_lost_its_lane_changes_nothing_it_no_longer_owns(
    world: World, clock: FakeClock
) -> None:
    with_doubt(world, Doubt.IDEMPOTENT)
    account = await world.account("acme")
    delivery = await world.delivery(account)
    other = World(world.store, clock, sink=world.sink, mapping_id=world.mapping_id, version_id=world.version_id)

    async def overtaken(ctx: SendContext) -> None:
        clock.advance(46)
        await other.drain(account)

    world.sink.script = [overtaken, None]
    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], {key for _, _, key in world.sink.published}) == ("sent", {delivery})
    lane = (await world.rows(t.lanes, "fence", "lease_until"))[0]
    assert lane == {"fence": 2, "lease_until": None}


async def test_a_claim_that_took_too_long_is_put_back_unsent(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.core.store = SlowStore(world, delivery)
    await world.drain(account)
    assert (await world.state(delivery))["state"] == "planned"
    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], row["tries"], len(world.sink.begun)) == ("sent", 1, 1)
    assert [attempt["outcome"] for attempt in await world.rows(t.attempts, "number", "outcome")] == ["put_back", "sent"]


class SlowStore:
    """A store in which the commit of the first claim takes 16 seconds."""

    def __init__(self, world: World, delivery: str) -> None:
        self.dialect, self.read, self.close = world.store.dialect, world.store.read, world.store.close
        self._world, self._real, self._delivery, self._done = world, world.store, delivery, False

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        result = await self._real.write(unit, *args, **kwargs)
        if not self._done and (await self._world.state(self._delivery))["state"] == "sending":
            self._done = True
            self._world.clock.advance(16)
        return result


async def test_a_resend_that_would_differ_is_refused(world: World, clock: FakeClock) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [TransientError("Refused.")]
    await world.drain(account)
    await world.execute(update(t.attempts).values(request_hash="other"))
    clock.advance(31)

    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], len(world.sink.begun)) == ("rejected", 1)
    assert "would differ" in row["detail"]


async def test_a_sink_that_fails_in_an_unforeseen_way_is_doubtful_not_resent(world: World) -> None:
    account = await world.account("acme")
    delivery = await world.delivery(account)
    world.sink.script = [ZeroDivisionError("oops")]

    await world.drain(account)

    row = await world.state(delivery)
    assert (row["state"], "ZeroDivisionError" in row["detail"]) == ("check_needed", True)


async def test_a_time_slice_ends_with_again(world: World, clock: FakeClock) -> None:
    world.core.settings = replace(RunSettings(), drain_slice=timedelta(seconds=1))
    account = await world.account("acme")
    for _ in range(3):
        await world.delivery(account)

    async def tick(ctx: SendContext) -> None:
        clock.advance(2)

    world.sink.script = [tick, tick, tick]
    answers = await world.drain(account)

    assert (len(world.sink.published), answers[0] is not None) == (1, True)


async def test_stopping_ends_after_the_send_that_is_under_way(world: World) -> None:
    account = await world.account("acme")
    for _ in range(3):
        await world.delivery(account)

    async def stop(ctx: SendContext) -> None:
        world.deliverer.stopping = True

    world.sink.script = [stop]
    await world.drain(account)

    assert len(world.sink.published) == 1
    assert (await world.rows(t.lanes, "lease_until"))[0]["lease_until"] is None
