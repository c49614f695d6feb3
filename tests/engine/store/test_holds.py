"""Posts that wait at a node are found when the node is to be asked, and end once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.ids import new_id
from engine.store import holds, pauses, tables
from engine.store.holds import HoldRow, key_of
from engine.store.pauses import Scope

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

MINUTE = timedelta(minutes=1)


async def hold(rows: Rows, now: datetime, node: str = "hours", mapping: str = "news") -> HoldRow:
    route_id = await rows.route(mapping, held=1, branches=1)
    row = HoldRow(new_id(), rows.workspace, route_id, "p", rows.mapping_ids[mapping], "v", node, "{}", "It waits.", now)
    await rows.store.write(holds.add, [row])
    return row


async def test_what_nobody_has_asked_about_is_due_and_what_waits_is_due_at_its_time(
    store: Store, rows: Rows, now: datetime
) -> None:
    slots, tank = await hold(rows, now, "slots"), await hold(rows, now, "tank")
    await store.write(holds.wait, [slots.id], now + MINUTE, "Its slot is at 9:31.")

    assert await store.read(holds.due, now, 10) == [key_of(tank.mapping_id, "tank")]
    assert await store.read(holds.due, now + MINUTE, 10) == [
        key_of(tank.mapping_id, "tank"),
        key_of(slots.mapping_id, "slots"),
    ]
    assert await store.read(holds.due, now + MINUTE, 1) == [key_of(tank.mapping_id, "tank")]


async def test_a_node_is_due_once_however_many_posts_wait_there(store: Store, rows: Rows, now: datetime) -> None:
    waiting = [await hold(rows, now) for _ in range(3)]

    assert await store.read(holds.due, now, 10) == [key_of(waiting[0].mapping_id, "hours")]


@pytest.mark.parametrize("scope", [Scope.EVERYTHING, Scope.WORKSPACE, Scope.MAPPING])
async def test_what_is_paused_is_neither_due_nor_asked(store: Store, rows: Rows, now: datetime, scope: Scope) -> None:
    row = await hold(rows, now)
    await store.write(pauses.pause, rows.workspace, scope, row.mapping_id, now=now)

    assert await store.read(holds.due, now, 10) == []
    assert await store.read(holds.at_node, row.mapping_id, "hours", 10) is None


async def test_another_mappings_pause_stops_nothing(store: Store, rows: Rows, now: datetime) -> None:
    row = await hold(rows, now)
    await store.write(pauses.pause, rows.workspace, Scope.MAPPING, "another", now=now)

    assert await store.read(holds.due, now, 10) == [key_of(row.mapping_id, "hours")]


async def test_a_node_is_asked_about_its_oldest_posts(store: Store, rows: Rows, now: datetime) -> None:
    waiting = [await hold(rows, now) for _ in range(3)]
    await hold(rows, now, "elsewhere")

    found = await store.read(holds.at_node, waiting[0].mapping_id, "hours", 2)

    assert found is not None
    assert (found.mapping, found.version_id, found.rows) == ("news", "v", waiting[:2])


async def test_history_has_the_newest_releases_newest_last(store: Store, rows: Rows, now: datetime) -> None:
    waiting = [await hold(rows, now) for _ in range(4)]
    for minute, row in enumerate(waiting):
        state = holds.DROPPED if minute == 2 else holds.RELEASED
        await store.write(holds.end, [(row.id, state, "Why.")], now + minute * MINUTE)

    mapping_id = waiting[0].mapping_id
    assert await store.read(holds.history, mapping_id, "hours", 2) == (now + MINUTE, now + 3 * MINUTE)
    assert await store.read(holds.history, mapping_id, "hours", 0) == ()
    assert await store.read(holds.history, mapping_id, "elsewhere", 2) == ()


async def test_a_hold_ends_once_and_waits_no_more(store: Store, rows: Rows, now: datetime) -> None:
    row, other = await hold(rows, now), await hold(rows, now)
    await store.write(holds.end, [(row.id, holds.RELEASED, "Its slot has come.")], now)

    await store.write(holds.end, [(row.id, holds.DROPPED, "Too late.")], now + MINUTE)
    await store.write(holds.wait, [row.id], now + MINUTE, "Again.")

    assert await store.write(holds.lock, [row.id, other.id]) == {other.id: (0, 0)}
    ended = ("released", "Its slot has come.", None, now)
    assert ended in await rows.read(tables.holds, "state", "reason", "until", "ended_at")


async def test_a_wait_without_a_reason_keeps_the_one_that_is_shown(store: Store, rows: Rows, now: datetime) -> None:
    row = await hold(rows, now)

    await store.write(holds.wait, [row.id], now + MINUTE, "")

    assert await rows.read(tables.holds, "reason", "until") == [("It waits.", now + MINUTE)]
    await store.write(holds.wait, [row.id], None, "Ask me.")
    assert await rows.read(tables.holds, "reason", "until") == [("Ask me.", None)]
