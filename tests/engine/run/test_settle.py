"""Every way a send can end leads to one declared state."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.sink import Receipt
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    MappingError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from engine.model.delivery import MOVES, Doubt, Reason, State
from engine.run.backoff import FIRST, MOST, backoff
from engine.run.core import RunSettings
from engine.run.settle import Settled, Tried, failed, sent
from engine.vault import VaultLockedError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SETTINGS = RunSettings()
ERRORS = (
    TransientError("DNS."),
    RateLimitedError("Wait.", wait=timedelta(minutes=3)),
    DoubtfulError("Silence."),
    RejectedError("No.", code="http_422"),
    AccountLostError("Revoked."),
    MappingError("Wrong."),
)


def settle(error: ChappeError, *, doubt: Doubt = Doubt.ASK, tries: int = 0, state: State = State.SENDING) -> Settled:
    return failed(Tried(state, tries, doubt), error, NOW, SETTINGS, random.Random(1))


def test_a_receipt_is_sent() -> None:
    receipt = Receipt("1", "https://example.org/1")
    settled = sent(Tried(State.SENDING, 0, Doubt.ASK), receipt)

    assert (settled.state, settled.outcome, settled.receipt) == (State.SENT, "sent", receipt)


def test_nothing_reached_the_platform_so_it_is_planned_later_and_counts() -> None:
    settled = settle(TransientError("The name does not resolve."))

    assert (settled.state, settled.counts) == (State.PLANNED, True)
    assert settled.due_at is not None
    assert NOW <= settled.due_at <= NOW + FIRST


def test_the_sixth_transient_failure_is_given_up_with_the_last_reason() -> None:
    settled = settle(TransientError("The name does not resolve."), tries=5)

    assert (settled.state, settled.reason) == (State.REJECTED, Reason.GIVEN_UP)
    assert settled.detail == "Given up after 6 tries. The last: The name does not resolve."


@pytest.mark.parametrize(
    ("error", "due"),
    [
        (RateLimitedError("Wait.", wait=timedelta(minutes=3), scope="platform"), NOW + timedelta(minutes=3)),
        (RateLimitedError("Wait.", until=NOW + timedelta(hours=1), scope="platform"), NOW + timedelta(hours=1)),
        (RateLimitedError("Wait.", until=NOW + timedelta(days=9_000), scope="platform"), NOW + timedelta(days=7)),
    ],
)
def test_a_rate_limit_holds_the_bucket_and_does_not_count(error: ChappeError, due: datetime) -> None:
    settled = settle(error)

    assert (settled.state, settled.counts, settled.due_at) == (State.PLANNED, False, due)
    assert settled.hold_scope == "platform"


@pytest.mark.parametrize(
    "error", [RateLimitedError("Wait."), RateLimitedError("Wait.", until=NOW - timedelta(days=1))], ids=["none", "past"]
)
def test_a_rate_limit_without_a_usable_time_is_never_asked_again_at_once(error: RateLimitedError) -> None:
    settled = settle(error)

    assert settled.due_at is not None
    assert settled.due_at >= NOW + timedelta(seconds=5)


def test_silence_at_an_ask_sink_goes_to_a_person_at_once() -> None:
    settled = settle(DoubtfulError("No answer."), doubt=Doubt.ASK)

    assert (settled.state, settled.due_at) == (State.CHECK_NEEDED, None)
    assert settled.detail.startswith("No answer. Nobody but you can tell")


def test_silence_at_a_findable_sink_waits_for_the_quarantine() -> None:
    settled = settle(DoubtfulError("No answer."), doubt=Doubt.FINDABLE)

    assert (settled.state, settled.due_at) == (State.DOUBTFUL, NOW + SETTINGS.quarantine)


def test_silence_at_an_idempotent_sink_is_repeated_soon() -> None:
    first = settle(DoubtfulError("No answer."), doubt=Doubt.IDEMPOTENT)

    assert first.due_at is not None
    assert (first.state, first.due_at <= NOW + FIRST) == (State.DOUBTFUL, True)


@pytest.mark.parametrize("doubt", list(Doubt))
def test_silence_is_not_answered_by_trying_for_ever(doubt: Doubt) -> None:
    assert settle(DoubtfulError("No answer."), doubt=doubt, tries=5).state == State.CHECK_NEEDED


@pytest.mark.parametrize("error", [VaultLockedError("No key."), NotFoundError("No version.")])
def test_a_fault_of_ours_blocks_and_rejects_no_post(error: ChappeError) -> None:
    assert settle(error, state=State.PLANNED).state == State.BLOCKED
    assert settle(error, doubt=Doubt.FINDABLE).state == State.DOUBTFUL


def test_a_lost_account_blocks_and_a_refusal_ends() -> None:
    assert settle(AccountLostError("Revoked.")).account_lost
    assert settle(AccountLostError("Revoked.")).state == State.BLOCKED
    assert settle(RejectedError("Too long.", code="too_long")).detail == "Too long. (too_long)"


def test_a_fault_of_the_mapping_blocks_until_it_is_mended_and_loses_nothing() -> None:
    settled = settle(MappingError("The secret hooks is not set."), state=State.PLANNED)

    assert (settled.state, settled.reason, settled.counts) == (State.BLOCKED, Reason.MAPPING, False)


def test_doubt_before_the_claim_is_no_doubt_about_a_publish() -> None:
    settled = settle(DoubtfulError("The upload got no answer."), doubt=Doubt.ASK, state=State.PLANNED)

    assert settled.state == State.PLANNED


@given(
    state=st.sampled_from([State.SENDING, State.PLANNED]),
    error=st.sampled_from(ERRORS),
    tries=st.integers(0, 10),
    doubt=st.sampled_from(Doubt),
)
def test_settle_makes_declared_moves_only(state: State, error: ChappeError, tries: int, doubt: Doubt) -> None:
    settled = settle(error, doubt=doubt, tries=tries, state=state)
    one = {target for (origin, _), target in MOVES.items() if origin == state}
    two = {target for (origin, _), target in MOVES.items() if origin == State.DOUBTFUL}

    assert settled.state in one | (two if state is State.SENDING else set())


@given(failures=st.integers(0, 10_000), seed=st.integers())
def test_backoff_is_never_longer_than_half_an_hour(failures: int, seed: int) -> None:
    assert timedelta(0) <= backoff(failures, random.Random(seed)) <= MOST


def test_backoff_grows_in_the_mean() -> None:
    chance = random.Random(7)
    means = [sum((backoff(n, chance) for _ in range(400)), timedelta()) / 400 for n in range(6)]

    assert means == sorted(means)
