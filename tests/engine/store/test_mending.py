"""What was mended goes on: of its workspace or its mapping, by the version that mends it, and never without its yes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.model.delivery import Reason, State
from engine.store import accounts, desk, mending, tables
from engine.store.accounts import LOST, ImplicitSink
from engine.store.apps import AppRow
from engine.store.mending import Applied

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_a_secret_that_is_set_plans_what_mappings_had_blocked(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("acme")
    blocked = await rows.delivery(account, State.BLOCKED, reason=Reason.MAPPING, detail="The secret key is not set.")
    poor = await rows.delivery(account, State.BLOCKED, reason=Reason.MONEY)
    later = now + timedelta(hours=1)

    assert await store.write(desk.put_secret, rows.workspace, "key", "sealed", later) == 1

    assert await rows.states() == {blocked: (State.PLANNED, ""), poor: (State.BLOCKED, Reason.MONEY)}
    assert await rows.read(tables.lanes, "next_due_at") == [(later,)]
    assert await rows.read(tables.deliveries, "released_at") == [(now,), (now,)]
    assert await rows.read(tables.traces, "delivery_id", "sentence") == [
        (blocked, "Planned again: the secret key was set.")
    ]


async def test_a_secret_of_another_workspace_mends_nothing_here(store: Store, rows: Rows, now: datetime) -> None:
    await rows.delivery(await rows.account("acme"), State.BLOCKED, reason=Reason.MAPPING)

    assert await store.write(mending.plan_again, "other", "Mended.", now) == 0


async def test_a_version_mends_what_its_mapping_blocked_and_takes_it_over_where_it_has_the_sink(
    store: Store, rows: Rows, now: datetime
) -> None:
    account = await rows.account("acme")
    block = {"reason": Reason.MAPPING}
    mine = await rows.delivery(account, State.BLOCKED, **block)
    gone = await rows.delivery(account, State.BLOCKED, sink="gone", **block)
    asking = await rows.delivery(account, State.BLOCKED, sink="asking", **block)
    allowed = await rows.delivery(account, State.BLOCKED, sink="asking", approved_at=now, **block)
    other = await rows.delivery(account, State.BLOCKED, mapping="jobs", **block)
    applied = Applied(rows.workspace, rows.mapping_ids["news"], "v2", ("out", "asking"), ("asking",))

    assert await store.write(mending.apply_version, applied, now) == 3

    found = await rows.read(tables.deliveries, "id", "state", "reason", "version_id")
    assert {row[0]: row[1:] for row in found} == {
        mine: (State.PLANNED, "", "v2"),
        gone: (State.PLANNED, "", "v"),
        asking: (State.WAITING, Reason.APPROVAL, "v2"),
        allowed: (State.PLANNED, "", "v2"),
        other: (State.BLOCKED, Reason.MAPPING, "v"),
    }


async def test_a_lost_sink_with_another_address_is_used_again_and_all_that_is_planned_goes_there(
    store: Store, rows: Rows, now: datetime
) -> None:
    await rows.route()
    mapping_id = rows.mapping_ids["news"]
    lost = await store.write(accounts.implicit, ImplicitSink(rows.workspace, mapping_id, "news", "out", "webhook"), now)
    blocked, waiting = await rows.delivery(lost), await rows.delivery(lost, State.WAITING, reason=Reason.APPROVAL)
    sent = await rows.delivery(lost, State.SENT)
    await store.write(accounts.set_state, rows.workspace, lost, LOST, note="It answered 410.", now=now)
    same = Applied(rows.workspace, mapping_id, "v2", ("out",), ())
    moved = Applied(rows.workspace, mapping_id, "v3", ("out",), (), readdressed=("news/out",))

    assert await store.write(mending.apply_version, same, now) == 0
    assert (await rows.states())[blocked] == (State.BLOCKED, Reason.ACCOUNT)
    assert await store.write(mending.apply_version, moved, now) == 1

    found = await rows.read(tables.deliveries, "id", "state", "version_id")
    assert {row[0]: row[1:] for row in found} == {
        blocked: (State.PLANNED, "v3"),
        waiting: (State.WAITING, "v3"),
        sent: (State.SENT, "v"),
    }
    assert (await store.read(accounts.get, rows.workspace, lost)).state == "live"


async def test_an_app_that_asks_for_each_post_lets_what_is_planned_wait_for_its_yes(
    store: Store, rows: Rows, now: datetime
) -> None:
    account, other = await rows.account("acme"), await rows.account("acme-x", platform="x")
    planned, elsewhere = await rows.delivery(account), await rows.delivery(other)
    broken = await rows.delivery(account, State.BLOCKED, reason=Reason.MAPPING)
    lost = await rows.delivery(account, State.BLOCKED, reason=Reason.ACCOUNT)
    wordless = await rows.delivery(account, State.BLOCKED, reason=Reason.NO_DISTINCT_TEXT)
    allowed = await rows.delivery(account, approved_at=now)
    app = AppRow(rows.workspace, "linkedin", "{}", None, now)

    assert await store.write(desk.put_app, app, "Each member releases each post.") == (0, False)
    await store.write(accounts.set_state, rows.workspace, account, accounts.LIVE, now=now)

    waits = (State.WAITING, Reason.APPROVAL)
    assert await rows.states() == {
        planned: waits,
        broken: waits,
        lost: waits,
        wordless: (State.BLOCKED, Reason.NO_DISTINCT_TEXT),
        allowed: (State.PLANNED, ""),
        elsewhere: (State.PLANNED, ""),
    }
    assert {row[0] for row in await rows.read(tables.deliveries, "detail")} >= {"Each member releases each post."}
