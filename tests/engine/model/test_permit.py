"""May this go out now? What ends a delivery comes before what delays it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.consent import Head, Mode, Terms
from engine.model.delivery import Move, Reason
from engine.model.permit import Asked, permit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def head(**terms):
    return Head(account_id="a", given=True, terms=Terms(mode=Mode.POST_FOR_ME, **terms), seq=1)


COMPANY = Asked("news", personal=False, head=None, account_live=True, released_at=NOW, max_age=timedelta(hours=24))
PERSON = replace(COMPANY, personal=True, head=head())


def test_a_company_account_may_publish_without_consent_and_without_caps():
    assert permit(replace(COMPANY, recent=[NOW] * 50), NOW) is None


def test_silence_is_no():
    refusal = permit(replace(PERSON, head=None), NOW)

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
def test_a_consent_that_does_not_cover_it_cancels(given_head):
    assert permit(replace(PERSON, head=given_head), NOW).move is Move.CANCEL


def test_a_consent_for_this_mapping_covers_it():
    assert permit(replace(PERSON, head=head(mappings=("news",), until=NOW + timedelta(seconds=1))), NOW) is None


def test_what_is_too_late_expires_even_while_paused():
    refusal = permit(replace(COMPANY, released_at=NOW - timedelta(hours=25, minutes=30), paused="Paused."), NOW)

    assert (refusal.move, refusal.reason) == (Move.EXPIRE, Reason.TOO_LATE)
    assert refusal.sentence == "It was due 25 h 30 min ago, and the mapping allows at most 24 h."


def test_a_lost_account_blocks():
    assert permit(replace(COMPANY, account_live=False), NOW).move is Move.ACCOUNT_LOST


def test_a_pause_waits_for_somebody():
    refusal = permit(replace(COMPANY, paused="Everything is paused."), NOW)

    assert (refusal.move, refusal.until, refusal.sentence) == (None, None, "Everything is paused.")


def test_a_held_bucket_waits_for_its_end():
    until = NOW + timedelta(minutes=5)

    assert permit(replace(COMPANY, held_until=until), NOW).until == until
    assert permit(replace(COMPANY, held_until=NOW), NOW) is None


def test_the_third_post_of_an_hour_waits_until_the_first_leaves_the_hour():
    refusal = permit(replace(PERSON, recent=[NOW - timedelta(minutes=50), NOW - timedelta(minutes=10)]), NOW)

    assert refusal.until == NOW + timedelta(minutes=10)
    assert refusal.sentence == "The owner allows at most 2 posts an hour."


@given(
    minutes=st.lists(st.integers(0, 1439), max_size=30),
    per_hour=st.integers(1, 4),
    per_day=st.integers(1, 10),
)
def test_whenever_it_is_permitted_both_caps_hold_afterwards(minutes, per_hour, per_day):
    recent = sorted(NOW - timedelta(minutes=minute) for minute in minutes)
    asked = replace(PERSON, head=head(max_per_hour=per_hour, max_per_day=per_day), recent=recent)
    refusal = permit(asked, NOW)

    if refusal is None:
        assert sum(at > NOW - timedelta(hours=1) for at in recent) < per_hour
        assert sum(at > NOW - timedelta(days=1) for at in recent) < per_day
    else:
        assert refusal.until > NOW
        later = [at for at in recent if at > refusal.until - timedelta(hours=1)]
        assert len(later) < per_hour or len(recent) >= per_day
