"""A person's decision about a post that waits reaches its node at once, whatever else is under way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.store import holds, tables, verdicts
from engine.store.holds import WANTED, HoldRow
from engine.store.verdicts import Said

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

MINUTE = timedelta(minutes=1)
YES = Said(yes=True, by="Ada")


async def hold(rows: Rows, now: datetime, verdict: str = WANTED) -> HoldRow:
    route_id = await rows.route("news", held=1, branches=1)
    here, mapping_id = rows.workspace, rows.mapping_ids["news"]
    row = HoldRow(new_id(), here, route_id, "p", mapping_id, "v", "gate", "{}", "It waits.", now, verdict=verdict)
    await rows.store.write(holds.add, [row])
    return row


async def test_only_what_waits_for_a_person_is_found_and_counted(store: Store, rows: Rows, now: datetime) -> None:
    wanted, _ = await hold(rows, now), await hold(rows, now, "")

    assert [one.id for one in await store.read(verdicts.listed, rows.workspace)] == [wanted.id]
    assert await store.read(verdicts.count, rows.workspace) == 1
    assert await store.read(verdicts.matching, rows.workspace, "%") == []
    [found] = await store.read(verdicts.matching, rows.workspace, wanted.id[-8:])
    assert await store.write(verdicts.decide, found, YES, now)
    assert not await store.write(verdicts.decide, found, YES, now)
    assert await store.read(verdicts.count, rows.workspace) == 0


async def test_a_decision_is_asked_about_at_once_though_a_release_puts_the_node_off(
    store: Store, rows: Rows, now: datetime
) -> None:
    """The release had read the post before the decision, and writes that it waits after it."""
    row = await hold(rows, now)
    seen = await store.write(holds.lock, [row.id])
    [asking] = await store.read(verdicts.listed, rows.workspace)
    await store.write(verdicts.decide, asking, YES, now)

    await store.write(holds.wait, [row.id], now + 60 * MINUTE, "It waits.")

    assert await store.read(holds.due, now, 10) == [f"{row.mapping_id}:gate"]
    assert await store.write(holds.lock, [row.id]) != seen
    await store.write(holds.put_aside, [row.id], now + MINUTE, "It fails.")
    assert await store.read(holds.due, now, 10) == []


async def test_what_is_decided_goes_before_what_has_waited_longer(store: Store, rows: Rows, now: datetime) -> None:
    waiting = [await hold(rows, now) for _ in range(4)]
    *_, last = await store.read(verdicts.listed, rows.workspace)
    await store.write(verdicts.decide, last, YES, now)

    found = await store.read(holds.at_node, waiting[0].mapping_id, "gate", 2)

    assert found is not None
    assert [row.id for row in found.rows] == [waiting[3].id, waiting[0].id]
    first = found.rows[0]
    assert (first.verdict, first.decided_by, first.revision) == (holds.APPROVED, "Ada", 1)


async def test_an_edit_keeps_the_former_words_in_the_trace(store: Store, rows: Rows, now: datetime) -> None:
    await hold(rows, now)
    [asking] = await store.read(verdicts.listed, rows.workspace)

    assert await store.write(verdicts.edit, asking, '{"key":"new"}', "Edited. It was: old", now)
    assert not await store.write(verdicts.edit, asking, "{}", "Edited.", now), "another revision by now"

    def kept(connection: object) -> list[tuple[str, str]]:
        query = tables.traces.select().with_only_columns(tables.traces.c.what, tables.traces.c.sentence)
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[attr-defined]

    assert await store.read(kept) == [("edited", "Edited. It was: old")]
    [again] = await store.read(verdicts.listed, rows.workspace)
    assert (again.document, again.revision) == ('{"key":"new"}', 1)
