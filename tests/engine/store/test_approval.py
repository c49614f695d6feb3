"""A person's yes stands in the row, for the words that were shown; what lacks one that is asked for waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.delivery import Move, Reason, State
from engine.model.post import Content
from engine.store import accounts, consents, decisions, deliveries, tables
from engine.store.accounts import LIVE, LOST
from engine.store.decisions import Decision

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

LATER = timedelta(hours=3)


async def decide(  # what a decision is made of
    store: Store, rows: Rows, delivery: str, move: Move, now: datetime, *, approval: str = ""
) -> State | None:
    """Let a person decide; an edit brings words of its own."""
    [row] = await store.read(deliveries.matching, rows.workspace, delivery)
    content = (new_id(), Content(text="Other words")) if move is Move.EDIT else None
    decision = Decision(move, move.value, f"{move} by Ada.", approval=approval, content=content)
    return await store.write(decisions.decide, row, decision, now)


async def owned(store: Store, rows: Rows, name: str, mode: Mode, now: datetime) -> str:
    """Return an account of a person who consented."""
    person = await rows.person(name)
    account = await rows.account(name, person)
    await store.write(consents.give, rows.workspace, person, account, Terms(mode=mode), now)
    return account


async def test_an_approved_delivery_says_when(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    waiting, blocked = await rows.delivery(account, State.WAITING), await rows.delivery(account, State.BLOCKED)

    assert await decide(store, rows, waiting, Move.APPROVE, now) is State.PLANNED
    assert await decide(store, rows, blocked, Move.MEND, now) is State.PLANNED

    approved = await rows.read(tables.deliveries, "id", "approved_at")
    assert dict(approved) == {waiting: now, blocked: None}


@pytest.mark.parametrize("state", [State.REJECTED, State.EXPIRED, State.CANCELLED, State.BLOCKED, State.CHECK_NEEDED])
async def test_what_was_never_approved_waits_again_where_the_mapping_or_the_owner_asks(
    store: Store, rows: Rows, now: datetime, state: State
) -> None:
    again = {State.BLOCKED: Move.MEND, State.CHECK_NEEDED: Move.PERSON_SAYS_SEND}.get(state, Move.RETRY)
    company, asks = await rows.account("acme"), await owned(store, rows, "lea", Mode.ASK_ME, now)
    free = await owned(store, rows, "karim", Mode.POST_FOR_ME, now)
    ids = [await rows.delivery(account, state) for account in (company, asks, free)]
    yes = await rows.delivery(asks, state, approved_at=now)
    late = now + LATER

    assert await decide(store, rows, ids[0], again, late, approval="Ask.") is State.WAITING
    assert [await decide(store, rows, one, again, late) for one in ids[1:]] == [State.WAITING, State.PLANNED]
    assert await decide(store, rows, yes, again, late, approval="Ask.") is State.PLANNED

    found = await store.read(deliveries.matching, rows.workspace, ids[1])
    assert (found[0].reason, found[0].released_at, found[0].tries) == (Reason.APPROVAL, late, 0)
    assert found[0].detail == f"{again} by Ada. The owner wants to be asked first."


async def test_without_a_consent_nothing_is_planned_again_without_a_yes(
    store: Store, rows: Rows, now: datetime
) -> None:
    person = await rows.person("lea")
    account = await rows.account("lea", person)
    gone = await rows.delivery(account, State.WAITING, approved_at=now)
    await store.write(consents.withdraw, rows.workspace, person, account, now)

    assert await decide(store, rows, gone, Move.RETRY, now) is State.WAITING


@pytest.mark.parametrize("state", [State.PLANNED, State.BLOCKED])
async def test_other_words_need_another_yes_where_one_is_asked_for(
    store: Store, rows: Rows, now: datetime, state: State
) -> None:
    account, due = await rows.account("acme"), now + LATER
    asked = await rows.delivery(account, state, approved_at=now, due_at=due)
    free = await rows.delivery(account, state)

    assert await decide(store, rows, asked, Move.EDIT, now, approval="Ask.") is State.WAITING
    assert await decide(store, rows, free, Move.EDIT, now) is state

    kept = await rows.read(tables.deliveries, "id", "approved_at", "due_at")
    assert kept == sorted([(asked, None, due), (free, None, now)])


async def test_a_rejected_delivery_is_edited_and_planned_again_but_not_by_the_old_yes(
    store: Store, rows: Rows, now: datetime
) -> None:
    account = await rows.account("acme")
    one = await rows.delivery(account, State.REJECTED, approved_at=now, reason=Reason.REFUSED)

    assert await decide(store, rows, one, Move.EDIT, now, approval="Ask.") is State.REJECTED
    assert await rows.states() == {one: (State.REJECTED, Reason.REFUSED)}
    assert await decide(store, rows, one, Move.RETRY, now, approval="Ask.") is State.WAITING


async def test_what_a_lost_account_blocked_after_its_yes_goes_on_and_what_waits_goes_on_waiting(
    store: Store, rows: Rows, now: datetime
) -> None:
    account = await rows.account("lea")
    yes, silent = await rows.delivery(account, State.WAITING), await rows.delivery(account, State.WAITING)
    await decide(store, rows, yes, Move.APPROVE, now, approval="Ask.")
    await store.write(accounts.set_state, rows.workspace, account, LOST, now=now)
    await store.write(accounts.set_state, rows.workspace, account, LIVE, now=now)

    assert {one: state for one, (state, _) in (await rows.states()).items()} == {
        yes: State.PLANNED,
        silent: State.WAITING,
    }


async def test_a_yes_keeps_the_times_over_which_deliveries_are_spread(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    for hours in (-1, 1, 2):
        due = now + timedelta(hours=hours)
        one = await rows.delivery(account, State.WAITING, due_at=due, released_at=due)
        await decide(store, rows, one, Move.APPROVE, now, approval="Ask.")

    times = [now, now + timedelta(hours=1), now + timedelta(hours=2)]
    assert await rows.read(tables.deliveries, "due_at", "released_at") == [(at, at) for at in times]
    assert await rows.read(tables.lanes, "next_due_at") == [(now,)]


async def test_the_lane_of_what_was_approved_is_due_when_it_is(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    one = await rows.delivery(account, State.WAITING, due_at=now + LATER)
    await decide(store, rows, one, Move.APPROVE, now)

    assert await rows.read(tables.lanes, "next_due_at") == [(now + LATER,)]


async def test_each_decision_is_told_with_what_the_row_said_before(store: Store, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    one = await rows.delivery(account, State.EXPIRED, detail="It was due 25 h ago.")
    await decide(store, rows, one, Move.RETRY, now)
    await decide(store, rows, one, Move.CANCEL, now + LATER)

    assert await rows.read(tables.traces, "at", "what", "sentence", "delivery_id", "node") == [
        (now, "retry", "retry by Ada. Before, it was expired: It was due 25 h ago.", one, "out"),
        (now + LATER, "cancel", "cancel by Ada. Before, it was planned: retry by Ada.", one, "out"),
    ]


async def test_a_row_that_moved_meanwhile_is_left_alone_and_nothing_is_told(
    store: Store, rows: Rows, now: datetime
) -> None:
    one = await rows.delivery(await rows.account("lea"), State.WAITING)
    [row] = await store.read(deliveries.matching, rows.workspace, one)
    await decide(store, rows, one, Move.CANCEL, now)

    late = Decision(Move.APPROVE, "approved", "Approved by Ada.")
    assert await store.write(decisions.decide, row, late, now) is None
    assert await rows.read(tables.traces, "what") == [("cancel",)]


async def test_a_yes_is_not_for_words_that_somebody_else_edits_at_that_moment(
    store: Store, rows: Rows, now: datetime
) -> None:
    delivery = await rows.delivery(await rows.account("lea"), State.WAITING)
    [seen] = await store.read(deliveries.matching, rows.workspace, delivery)

    assert await decide(store, rows, delivery, Move.EDIT, now) is State.WAITING
    assert await store.write(decisions.decide, seen, Decision(Move.APPROVE, "approved", "Approved."), now) is None
    assert await decide(store, rows, delivery, Move.APPROVE, now) is State.PLANNED
