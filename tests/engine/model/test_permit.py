"""May this go out now? What ends a delivery comes before what delays it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.consent import Head, Mode, Terms
from engine.model.delivery import Move, Reason
from engine.model.permit import Asked, Caps, Refusal, permit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def head(**terms: Any) -> Head:
    return Head(account_id="a", given=True, terms=Terms(mode=Mode.POST_FOR_ME, **terms), seq=1)


COMPANY = Asked("news", personal=False, head=None, account_live=True, released_at=NOW, max_age=timedelta(hours=24))
PERSON = replace(COMPANY, personal=True, head=head())


def refused(asked: Asked) -> Refusal:
    refusal = permit(asked, NOW)
    assert refusal is not None
    return refusal


def test_a_company_account_may_publish_without_consent_and_without_caps() -> None:
    assert permit(replace(COMPANY, recent=[NOW] * 50), NOW) is None


def test_a_company_account_may_be_capped_by_setting() -> None:
    refusal = refused(replace(COMPANY, company=Caps(per_day=1), recent=[NOW - timedelta(hours=20)]))

    assert (refusal.sentence, refusal.until) == (
        "This installation allows at most 1 post a day.",
        NOW + timedelta(hours=4),
    )


def test_silence_is_no() -> None:
    refusal = refused(replace(PERSON, head=None))

    assert (refusal.move, refusal.reason) == (Move.CANCEL, Reason.CONSENT)


@pytest.mark.parametrize(
    "given_head",
    [
        Head(account_id="a", given=False, terms=Terms(), seq=2),
        head(until=NOW),
        head(mappings=("jobs",)),
    ],
    ids=["withdrawn", "ended", "another mapping"],
)
def test_a_consent_that_does_not_cover_it_cancels(given_head: Head) -> None:
    assert refused(replace(PERSON, head=given_head)).move is Move.CANCEL


def test_a_consent_for_this_mapping_covers_it() -> None:
    assert permit(replace(PERSON, head=head(mappings=("news",), until=NOW + timedelta(seconds=1))), NOW) is None


def test_what_is_too_late_expires_even_while_paused() -> None:
    refusal = refused(replace(COMPANY, released_at=NOW - timedelta(hours=25, minutes=30), paused="Paused."))

    assert (refusal.move, refusal.reason) == (Move.EXPIRE, Reason.TOO_LATE)
    assert refusal.sentence == "It was due 25 h 30 min ago, and the mapping allows at most 24 h."


def test_a_lost_account_blocks() -> None:
    assert refused(replace(COMPANY, account_live=False)).move is Move.ACCOUNT_LOST


def test_a_pause_waits_and_is_looked_at_again() -> None:
    refusal = refused(replace(COMPANY, paused="Everything is paused."))

    assert (refusal.move, refusal.sentence, refusal.alone) == (None, "Everything is paused.", False)
    assert refusal.until == NOW + timedelta(seconds=30)


def test_a_pause_of_the_mapping_delays_this_delivery_alone() -> None:
    assert refused(replace(COMPANY, paused="The mapping is paused.", alone=True)).alone


def test_a_held_bucket_waits_for_its_end() -> None:
    until = NOW + timedelta(minutes=5)

    assert refused(replace(COMPANY, held_until=until)).until == until
    assert permit(replace(COMPANY, held_until=NOW), NOW) is None


def test_the_third_post_of_an_hour_waits_until_the_first_leaves_the_hour() -> None:
    refusal = refused(replace(PERSON, recent=[NOW - timedelta(minutes=50), NOW - timedelta(minutes=10)]))

    assert refusal.until == NOW + timedelta(minutes=10)
    assert refusal.sentence == "The owner allows at most 2 posts an hour."


@given(
    minutes=st.lists(st.integers(0, 1439), max_size=30),
    per_hour=st.integers(1, 4),
    per_day=st.integers(1, 10),
)
def test_whenever_it_is_permitted_both_caps_hold_afterwards(minutes: list[int], per_hour: int, per_day: int) -> None:
    recent = sorted(NOW - timedelta(minutes=minute) for minute in minutes)
    asked = replace(PERSON, head=head(max_per_hour=per_hour, max_per_day=per_day), recent=recent)
    permitted = permit(asked, NOW)

    if permitted is None:
        assert sum(at > NOW - timedelta(hours=1) for at in recent) < per_hour
        assert sum(at > NOW - timedelta(days=1) for at in recent) < per_day
    else:
        assert permitted.until is not None
        assert permitted.until > NOW
        later = [at for at in recent if at > permitted.until - timedelta(hours=1)]
        assert len(later) < per_hour or len(recent) >= per_day
