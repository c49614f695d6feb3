"""Consents: an unbroken chain, one head for each account, and nothing sent after a withdrawal."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update

from engine.errors import NotFoundError
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.delivery import Reason, State
from engine.store import consents, tables
from engine.store.claims import Claim, Request, Turn, turn
from engine.store.consents import Effect, Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

FREE = Terms(mode=Mode.POST_FOR_ME)


@pytest.fixture
async def lea(rows: Rows) -> tuple[str, str]:
    """Give Léa's id and the id of her account."""
    person = await rows.person("Léa")
    return person, await rows.account("lea-in", person)


async def test_silence_is_no(store: Store, workspace: str, lea: tuple[str, str]) -> None:
    assert await store.read(consents.head, workspace, lea[1]) is None


async def test_giving_and_withdrawing_move_the_head(
    store: Store, workspace: str, lea: tuple[str, str], now: datetime
) -> None:
    given = await store.write(consents.give, workspace, *lea, FREE, now)
    head = await store.read(consents.head, workspace, lea[1])
    assert given == Effect(seq=1, cancelled=0, sending=None)
    assert head is not None
    assert (head.given, head.terms, head.seq) == (True, FREE, 1)

    await store.write(consents.withdraw, workspace, *lea, now)
    head = await store.read(consents.head, workspace, lea[1])
    assert head is not None
    assert (head.given, head.terms, head.seq) == (False, FREE, 2)


async def test_only_the_owner_of_an_account_gives(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    karim, company = await rows.person("Karim"), await rows.account("acme-page")
    for person, account in ((karim, lea[1]), (lea[0], company), ("nobody", lea[1]), (lea[0], "none")):
        with pytest.raises(NotFoundError, match="a consent is given by the account's owner alone"):
            await store.write(consents.give, workspace, person, account, FREE, now)

    assert await rows.read(tables.consents, "seq") == []


@pytest.mark.parametrize("days", [None, 10, 90])
async def test_what_an_operator_typed_in_ends_after_thirty_days(
    store: Store, workspace: str, lea: tuple[str, str], now: datetime, days: int | None
) -> None:
    until = None if days is None else now + timedelta(days=days)
    terms = Terms(how="operator", evidence="mail of 2 May", until=until)
    await store.write(consents.give, workspace, *lea, terms, now)

    head = await store.read(consents.head, workspace, lea[1])
    assert head is not None
    assert head.terms.until == now + timedelta(days=min(days or 30, 30))
    assert head.terms.evidence == "mail of 2 May"


async def test_a_withdrawal_cancels_all_that_is_not_sending_and_names_what_is(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    await store.write(consents.give, workspace, *lea, FREE, now)
    ids = {state: await rows.delivery(lea[1], state) for state in State}
    other = await rows.delivery(await rows.account("karim-in"))

    effect = await store.write(consents.withdraw, workspace, *lea, now)

    assert effect == Effect(seq=2, cancelled=3, sending=ids[State.SENDING])
    states = await rows.states()
    assert states.pop(other) == (State.PLANNED, "")
    for state in (State.WAITING, State.PLANNED, State.BLOCKED):
        assert states.pop(ids.pop(state)) == (State.CANCELLED, Reason.WITHDRAWN)
    assert {delivery: state for delivery, (state, _) in states.items()} == {ids[state]: state for state in ids}


async def test_narrowing_to_some_mappings_cancels_those_of_the_others(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    await store.write(consents.give, workspace, *lea, FREE, now)
    covered, other = await rows.delivery(lea[1]), await rows.delivery(lea[1], mapping="ads")

    narrowed = FREE.model_copy(update={"mappings": ("news",)})
    assert (await store.write(consents.give, workspace, *lea, narrowed, now)).cancelled == 1
    assert await rows.states() == {
        covered: (State.PLANNED, ""), other: (State.CANCELLED, Reason.WITHDRAWN),
    }  # fmt: skip


async def test_wanting_to_be_asked_cancels_what_was_planned_without_a_yes(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    await store.write(consents.give, workspace, *lea, FREE, now)
    unasked = [await rows.delivery(lea[1], state) for state in (State.PLANNED, State.BLOCKED)]
    approved = await rows.delivery(lea[1], approved_at=now)
    waiting = await rows.delivery(lea[1], State.WAITING)

    asked = FREE.model_copy(update={"mode": Mode.ASK_ME})
    assert (await store.write(consents.give, workspace, *lea, asked, now)).cancelled == 2
    states = await rows.states()
    assert [states[delivery][0] for delivery in unasked] == [State.CANCELLED] * 2
    assert [states[delivery][0] for delivery in (approved, waiting)] == [State.PLANNED, State.WAITING]

    longer = asked.model_copy(update={"until": now + timedelta(days=400)})
    assert (await store.write(consents.give, workspace, *lea, longer, now)).cancelled == 0


async def test_widening_cancels_nothing_and_makes_the_lane_due(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    await store.write(consents.give, workspace, *lea, Terms(mappings=("news",)), now)
    await rows.delivery(lea[1])
    later = now + timedelta(minutes=1)
    await rows.store.write(_clear_due)

    assert (await store.write(consents.give, workspace, *lea, FREE, later)).cancelled == 0
    assert await rows.read(tables.lanes, "next_due_at") == [(later,)]


def _clear_due(connection: Connection) -> None:
    connection.execute(update(tables.lanes).values(next_due_at=None))


async def test_a_chain_is_one_for_all_accounts_of_a_person_and_holds(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    second = await rows.account("lea-x", lea[0], platform="x")
    for account in (lea[1], second, lea[1]):
        await store.write(consents.give, workspace, lea[0], account, FREE, now)
    await store.write(consents.withdraw, workspace, lea[0], second, now)

    chain = await store.read(consents.history, workspace, lea[0])
    assert [(record.seq, record.account_id) for record in chain] == [
        (1, lea[1]), (2, second), (3, lea[1]), (4, second),
    ]  # fmt: skip
    assert json.loads(chain[3].text)["given"] is False
    assert await store.read(consents.verify_chain, workspace, lea[0]) == Verdict(4, None)


async def test_consents_of_two_accounts_given_at_once_follow_one_another(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    ids = [await rows.account(f"lea-{number}", lea[0], platform="x") for number in range(6)]

    effects = await asyncio.gather(*(store.write(consents.give, workspace, lea[0], each, FREE, now) for each in ids))

    assert sorted(effect.seq for effect in effects) == [1, 2, 3, 4, 5, 6]
    assert await store.read(consents.verify_chain, workspace, lea[0]) == Verdict(6, None)


CHAIN, HEADS = tables.consents, tables.consent_heads
FORGERIES = {
    "another record": (update(CHAIN).where(CHAIN.c.seq == 2).values(record='{"given":true}'), 2),
    "another hash": (update(CHAIN).where(CHAIN.c.seq == 2).values(hash="0" * 64), 2),
    "another one before": (update(CHAIN).where(CHAIN.c.seq == 2).values(prev_hash="0" * 64), 2),
    "another number": (update(CHAIN).where(CHAIN.c.seq == 2).values(seq=9), 2),
    "one less": (delete(CHAIN).where(CHAIN.c.seq == 2), 2),
    "a head that says no": (update(HEADS).values(given=False), 3),
    "a head with other terms": (update(HEADS).values(terms=Terms(max_per_day=200).model_dump_json()), 3),
    "a head of another record": (update(HEADS).values(seq=2), 2),
    "an end cut off": (delete(CHAIN).where(CHAIN.c.seq == 3), 3),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_whatever_is_changed_afterwards_breaks_the_chain(
    store: Store, workspace: str, lea: tuple[str, str], now: datetime, forgery: str
) -> None:
    for _ in range(3):
        await store.write(consents.give, workspace, *lea, FREE, now)
    statement, broken_at = FORGERIES[forgery]

    await store.write(lambda connection: connection.execute(statement).rowcount)

    assert (await store.read(consents.verify_chain, workspace, lea[0])).broken_at == broken_at


async def test_no_claim_commits_after_a_withdrawal_has(
    store: Store, workspace: str, rows: Rows, lea: tuple[str, str], now: datetime
) -> None:
    chance, outcomes = random.Random(7), set[bool]()
    for _ in range(30):
        await store.write(consents.give, workspace, *lea, FREE, now)
        delivery = await rows.delivery(lea[1])
        claiming = await _claim(store, workspace, lea[1], delivery, now)
        withdrawing = asyncio.create_task(store.write(consents.withdraw, workspace, *lea, now))
        for _ in range(chance.randrange(3)):  # SQLite takes them as they come, PostgreSQL both at once
            await asyncio.sleep(0)
        claimed = (await store.write(turn, claiming))[lea[1]].claimed
        effect = await withdrawing

        assert effect.sending == (delivery if claimed else None)
        assert (await rows.states())[delivery][0] == (State.SENDING if claimed else State.CANCELLED)
        outcomes.add(claimed)
        await store.write(_end, delivery, lea[1])
    assert outcomes == {True, False}


async def _claim(store: Store, workspace: str, account: str, delivery: str, now: datetime) -> Turn:
    """Take the account's lane, and return the turn that claims the delivery."""
    lease = timedelta(seconds=45)
    lane = (await store.write(turn, Turn([Request(account, take=True)], "test", now, lease)))[account].lane
    assert lane is not None
    claim = Claim(delivery, workspace, account, lane.fence, "c", new_id(), 1, "k", now, "{}", "h")
    return Turn([Request(account, fence=lane.fence, claim=claim)], "test", now, lease)


def _end(connection: Connection, delivery: str, account: str) -> None:
    connection.execute(update(tables.deliveries).where(tables.deliveries.c.id == delivery).values(state=State.REJECTED))
    connection.execute(update(tables.lanes).where(tables.lanes.c.account_id == account).values(lease_until=None))
