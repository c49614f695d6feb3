"""The life of a delivery, walked: every state is reachable, reaches an end, and ends by its own moves only."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError
from engine.model.delivery import ENDS, MOVES, OPEN, START, Move, State, after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

UNDECLARED = [(state, move) for state, move in product(State, Move) if (state, move) not in MOVES]
BY_HAND = {
    Move.PERSON_SAYS_SEND, Move.PERSON_SAYS_THERE, Move.APPROVE, Move.RETRY, Move.EDIT, Move.CANCEL, Move.MEND,
    Move.ASK,
}  # fmt: skip


def reachable(starts: Iterable[State], without: Collection[Move] = ()) -> set[State]:
    """Return what can be reached from these states, themselves included, when some moves are left out."""
    found, ahead = set(starts), list(starts)
    while ahead:
        here = ahead.pop()
        new = {to for (state, move), to in MOVES.items() if state is here and move not in without} - found
        found |= new
        ahead += new
    return found


def test_every_state_is_open_or_an_end_and_never_both() -> None:
    assert set(State) == {*OPEN, *ENDS}
    assert not {*OPEN} & {*ENDS}


def test_every_state_can_be_reached_from_a_birth() -> None:
    assert set(State) == reachable(START)


@pytest.mark.parametrize("state", State)
def test_every_state_reaches_being_sent_or_not_to_be(state: State) -> None:
    assert reachable([state]) & set(ENDS)


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_can_end_by_a_persons_hand_or_by_itself_in_few_moves(state: State) -> None:
    here = {state}
    for _ in range(2):
        here |= {to for (start, _), to in MOVES.items() if start in here}

    assert here & set(ENDS)


def test_every_move_is_used() -> None:
    assert {move for _, move in MOVES} == set(Move)


def test_an_end_is_left_by_a_retry_only_perhaps_to_ask_first_and_being_sent_is_never_left() -> None:
    left = {(state, move) for (state, move), target in MOVES.items() if state in ENDS and target is not state}

    assert left == {(state, move) for state in ENDS if state is not State.SENT for move in (Move.RETRY, Move.ASK)}


def test_what_was_rejected_can_be_edited_and_planned_again() -> None:
    assert after(after(State.REJECTED, Move.EDIT), Move.RETRY) is State.PLANNED


def test_asking_again_leads_to_a_yes_and_nowhere_else() -> None:
    assert {target for (_, move), target in MOVES.items() if move is Move.ASK} == {State.WAITING}


def test_only_a_claim_of_a_planned_delivery_begins_to_send() -> None:
    assert [key for key, target in MOVES.items() if target is State.SENDING] == [(State.PLANNED, Move.CLAIM)]


def test_what_is_in_doubt_is_sent_again_only_when_it_is_provably_absent_or_a_person_says_so() -> None:
    without = {Move.NOT_FOUND, Move.PERSON_SAYS_SEND, Move.RETRY, Move.ASK}

    assert State.SENDING in reachable([State.DOUBTFUL])
    assert State.SENDING not in reachable([State.DOUBTFUL, State.CHECK_NEEDED], without)


def test_sending_ends_by_its_outcome_alone_and_no_person_interrupts_it() -> None:
    assert not {move for state, move in MOVES if state is State.SENDING} & BY_HAND


def test_being_sent_comes_from_a_receipt_a_look_or_a_persons_word() -> None:
    proofs = {move for (_, move), target in MOVES.items() if target is State.SENT}

    assert proofs == {Move.RECEIPT, Move.FOUND, Move.PERSON_SAYS_THERE}


@pytest.mark.parametrize(("state", "move"), list(MOVES))
def test_declared_moves_lead_where_they_are_declared_to(state: State, move: Move) -> None:
    assert after(state, move) is MOVES[state, move]


@pytest.mark.parametrize(("state", "move"), UNDECLARED)
def test_any_other_move_is_refused_in_a_sentence(state: State, move: Move) -> None:
    with pytest.raises(ConflictError) as refused:
        after(state, move)

    sentence = str(refused.value)
    assert sentence.startswith("A delivery that is ")
    assert sentence.endswith(".")
    assert "_" not in sentence
