"""The ledger adds up what became of every branch, and names the routes that do not add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.delivery import State
from engine.store.ledger import SHOWN, ledger

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_an_empty_workspace_agrees(store: Store, workspace: str) -> None:
    found = await store.read(ledger, workspace)

    assert (found.routes, found.branches, found.agrees) == (0, 0, True)
    assert found.deliveries == dict.fromkeys(State, 0)


async def test_branches_and_deliveries_are_summed_by_state(store: Store, workspace: str, rows: Rows) -> None:
    account = await rows.account("lea")
    await rows.route(branches=5, dropped=3, held=2)
    for state in State:
        await rows.delivery(account, state)
    await rows.delivery(account, State.SENT)

    found = await store.read(ledger, workspace)
    assert (found.routes, found.branches, found.dropped, found.held, found.planned) == (12, 16, 3, 2, 11)
    assert found.deliveries == {state: 2 if state is State.SENT else 1 for state in State}
    assert (found.open, found.ended, found.agrees) == (6, 5, True)


async def test_the_ledger_narrows_to_a_mapping_and_to_a_route(store: Store, workspace: str, rows: Rows) -> None:
    account = await rows.account("lea")
    route = await rows.route(branches=3, dropped=1, planned=2)
    await rows.delivery(account, route_id=route)
    await rows.delivery(account, State.SENT, route_id=route)
    await rows.delivery(account)
    await rows.delivery(account, mapping="other")

    one = await store.read(ledger, workspace, route_id=route)
    assert (one.routes, one.branches, one.planned, one.open, one.ended) == (1, 3, 2, 1, 1)
    news = await store.read(ledger, workspace, mapping_id=rows.mapping_ids["news"])
    assert (news.routes, news.planned, news.open) == (2, 3, 2)
    assert (await store.read(ledger, "other")).routes == 0


async def test_a_route_whose_sums_differ_is_named(store: Store, workspace: str, rows: Rows) -> None:
    account = await rows.account("lea")
    unaccounted = await rows.route(branches=3, dropped=1, held=1)
    lost = await rows.route(branches=2, planned=2)
    await rows.delivery(account, route_id=lost)
    doubled = await rows.route(branches=1, planned=1)
    for _ in range(2):
        await rows.delivery(account, route_id=doubled)
    await rows.delivery(account)

    found = await store.read(ledger, workspace)
    assert found.wrong == (unaccounted, lost, doubled)
    assert not found.agrees


async def test_a_route_that_is_being_planned_may_have_fewer_deliveries(
    store: Store, workspace: str, rows: Rows
) -> None:
    account = await rows.account("lea")
    route = await rows.route(state="routing", branches=2_000, planned=2_000)
    await rows.delivery(account, route_id=route)

    assert (await store.read(ledger, workspace)).agrees


async def test_at_most_twenty_routes_are_named(store: Store, workspace: str, rows: Rows) -> None:
    for _ in range(SHOWN + 1):
        await rows.route(branches=1)

    assert len((await store.read(ledger, workspace)).wrong) == SHOWN
