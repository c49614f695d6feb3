"""What is old goes, in bounded batches; what is young, open or for ever stays. On both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.ids import new_id
from engine.run.retire import KEPT, REVISIONS_KEPT, retire
from engine.store import tables as t
from tests.engine.run.world import WORKSPACE, World

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

DAY = timedelta(days=1)


def id_of(at: datetime) -> str:
    """Return an id as it is made at a time."""
    return f"{int(at.timestamp() * 1_000):012x}{new_id()[12:]}"


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    clock.jump_wall(datetime(2026, 11, 1, tzinfo=UTC) - clock.now())
    return await World(store, clock).begin()


async def explained(world: World, ended: datetime, **values: Any) -> dict[str, Any]:
    """Add a delivery that stands since then, with all that explains it."""
    account = await world.account(new_id())
    content = id_of(ended)
    delivery = await world.delivery(account, **{"state": "sent", "updated_at": ended, **values})
    await world.execute(t.deliveries.update().where(t.deliveries.c.id == delivery).values(content_id=content))
    row = await world.state(delivery)
    here = {"workspace_id": WORKSPACE}
    await world.add(t.contents, **here, id=content, hash="", fingerprint="", document="{}", created_at=ended)
    await world.add(
        t.attempts, **here, id=id_of(ended), delivery_id=delivery, account_id=account, number=1, content_id=content,
        key="k", frozen_at=ended, request_hash="", fence=1, started_at=ended,
    )  # fmt: skip
    await world.add(t.prepared, **here, delivery_id=delivery, parts="{}", expires_at=ended)
    post = {**here, "post_id": row["post_id"]}
    await world.add(t.traces, **post, id=id_of(ended), what="sent", sentence="Sent.", at=ended)
    await world.add(t.post_revisions, **post, id=id_of(ended), revision=1, document="{}", content_hash="", at=ended)
    await world.add(
        t.holds, **post, id=id_of(ended), route_id=row["route_id"], mapping_id=world.mapping_id,
        version_id=world.version_id, node="later", document="{}", state="released", since=ended, ended_at=ended,
    )  # fmt: skip
    return row


async def counts(world: World) -> dict[str, int]:
    """Count the rows of every table that is thinned out; of the contents those that a delivery was made with."""
    named = {row["content_id"] for row in await world.rows(t.deliveries, "content_id")}
    kept = {row["id"] for row in await world.rows(t.contents, "id")}
    others = (t.attempts, t.prepared, t.traces, t.post_revisions, t.holds)
    return {"contents": len(named & kept)} | {table.name: len(await world.rows(table)) for table in others}


def all_of(number: int) -> dict[str, int]:
    names = ("contents", "attempts", "prepared", "traces", "post_revisions", "holds")
    return dict.fromkeys(names, number)


async def test_what_ended_long_ago_loses_what_explained_it_and_stays_known(world: World, clock: FakeClock) -> None:
    old = await explained(world, clock.now() - KEPT - DAY)

    await retire(world.core)

    assert await counts(world) == all_of(0)
    assert await world.state(old["id"]) == old
    assert len(await world.rows(t.posts)) == len(await world.rows(t.routes)) == 1


async def test_what_ended_lately_keeps_all_but_its_former_wordings(world: World, clock: FakeClock) -> None:
    await explained(world, clock.now() - KEPT + DAY)
    await explained(world, clock.now() - REVISIONS_KEPT + DAY)

    await retire(world.core)

    assert await counts(world) == all_of(2) | {"post_revisions": 1}


@pytest.mark.parametrize("state", ["planned", "waiting", "blocked", "check_needed", "doubtful", "sending"])
async def test_what_is_still_open_keeps_its_text_its_attempts_and_its_story(
    world: World, clock: FakeClock, state: str
) -> None:
    await explained(world, clock.now() - KEPT - DAY, state=state)

    await retire(world.core)

    assert await counts(world) == all_of(1) | {"holds": 0, "prepared": 0}


async def test_a_post_that_one_account_still_waits_for_keeps_its_story(world: World, clock: FakeClock) -> None:
    old = clock.now() - KEPT - DAY
    ended = await explained(world, old)
    late = await world.delivery(await world.account("late"))
    same = {"route_id": ended["route_id"], "post_id": ended["post_id"]}
    await world.execute(t.deliveries.update().where(t.deliveries.c.id == late).values(same))

    await retire(world.core)

    assert await counts(world) == all_of(0) | {"contents": 1, "traces": 1, "post_revisions": 1}


async def test_a_text_that_a_route_still_hands_out_stays(world: World, clock: FakeClock) -> None:
    old = clock.now() - KEPT - DAY
    ended = await explained(world, old)
    await world.execute(t.routes.update().where(t.routes.c.id == ended["route_id"]).values(state="routing"))

    await retire(world.core)

    assert (await counts(world))["contents"] == 1


async def test_what_a_person_plans_again_without_its_text_is_rejected_with_a_sentence(
    world: World, clock: FakeClock
) -> None:
    ended = await explained(world, clock.now() - KEPT - DAY, state="expired")
    await retire(world.core)
    again = {"state": "planned", "due_at": clock.now(), "released_at": clock.now()}
    await world.execute(t.deliveries.update().where(t.deliveries.c.id == ended["id"]).values(again))

    await world.drain(ended["account_id"])

    row = await world.state(ended["id"])
    assert row["state"] == "rejected"
    assert row["detail"].startswith(f"Its text is no longer kept: texts go {KEPT.days} days after")
    assert world.sink.begun == []


async def test_consents_stay_however_old(world: World, clock: FakeClock) -> None:
    old = clock.now() - 10 * KEPT
    person, account = new_id(), await world.account("lea")
    await world.add(t.people, workspace_id=WORKSPACE, id=person, name="Léa", created_at=old)
    await world.add(
        t.consents, workspace_id=WORKSPACE, id=id_of(old), person_id=person, account_id=account, seq=1, prev_hash="",
        hash="", record="{}", at=old,
    )  # fmt: skip

    await retire(world.core)

    assert len(await world.rows(t.consents)) == 1


async def test_many_rows_go_in_batches_that_are_bounded(world: World, clock: FakeClock) -> None:
    for _ in range(5):
        await explained(world, clock.now() - KEPT - DAY)

    await retire(world.core, batch=2)

    assert await counts(world) == all_of(0)
